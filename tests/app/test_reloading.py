"""New files come into force whole or not at all, whoever asks for it: the folder itself, a request, a signal."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.app.running import running
from stopwatch.config.settings import Settings, load_settings
from stopwatch.core.errors import StoreError
from stopwatch.demo.prometheus import free_port
from stopwatch.store.connect import open_store
from stopwatch.store.recall import Recall
from stopwatch.store.records import SqlReader, SqlWriter
from stopwatch.store.sql import SqlStore
from stopwatch.telemetry.metrics import Metrics
from tests.stories.sink import Sink
from tests.stories.world import RULES, eventually, write_rules

pytestmark = pytest.mark.slow

SITES = {"ham-01": "pilot"}
NEVER = datetime(2035, 1, 1, tzinfo=UTC)
STRICTER = RULES.replace("threshold: 10", "threshold: 7")
BROKEN = RULES.replace("threshold", "treshold")
assert STRICTER != RULES != BROKEN


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return write_rules(tmp_path / "rules", SITES, NEVER)


def settings_of(rules: Path, **more: object) -> Settings:
    given: dict[str, object] = {"log_level": "warning", **more}
    return load_settings(
        {},
        config=rules,
        database_url=f"sqlite:///{rules.parent}/stopwatch.db",
        prometheus_url=f"http://127.0.0.1:{free_port()}",
        listen=f"127.0.0.1:{free_port()}",
        **given,
    )


@contextmanager
def started(rules: Path, **more: object) -> Iterator[tuple[Daemon, str]]:
    """A daemon on *rules*, with its address."""
    settings = settings_of(rules, **more)
    with running(settings) as daemon:
        yield daemon, f"http://{settings.listen.host}:{settings.listen.port}"


def gauge(url: str) -> float:
    """What the newest reading of the files was, as it is scraped."""
    page = httpx.get(f"{url}/metrics", timeout=10).text
    line = next(line for line in page.splitlines() if line.startswith("stopwatch_config_last_reload_successful "))
    return float(line.split()[1])


def events(capsys: pytest.CaptureFixture[str]) -> list[tuple[str, str]]:
    """(event, who asked) of every line of the log that speaks of the files."""
    written = capsys.readouterr()
    lines = [json.loads(line) for line in (written.out + written.err).splitlines() if line.startswith("{")]
    return [(line["event"], line.get("by", "")) for line in lines if line["event"].startswith(("config.", "reload."))]


def test_a_changed_file_comes_into_force_by_itself(rules: Path) -> None:
    with started(rules) as (daemon, _url):
        before = daemon.rule_set.revision
        (rules / "stop-rules.yaml").write_text(STRICTER)
        eventually("the change is in force", lambda: daemon.rule_set.revision != before)


def swap(mounted: Path, name: str) -> None:
    """Let ``..data`` point at another folder in one step, as the kubelet does."""
    (mounted / "..data_tmp").symlink_to(name)
    (mounted / "..data_tmp").rename(mounted / "..data")


def test_a_config_map_that_is_swapped_comes_into_force_by_itself(rules: Path, tmp_path: Path) -> None:
    mounted = tmp_path / "mounted"
    shutil.copytree(rules, mounted / "..2026_11_21")
    swap(mounted, "..2026_11_21")
    for file in rules.iterdir():
        (mounted / file.name).symlink_to(f"..data/{file.name}")
    with started(mounted) as (daemon, _url):
        before = daemon.rule_set.revision
        shutil.copytree(rules, mounted / "..2026_11_22")
        (mounted / "..2026_11_22" / "stop-rules.yaml").write_text(STRICTER)
        swap(mounted, "..2026_11_22")
        eventually("the swap is in force", lambda: daemon.rule_set.revision != before)


def test_a_folder_that_is_replaced_whole_comes_into_force_by_itself(rules: Path) -> None:
    with started(rules) as (daemon, _url):
        before = daemon.rule_set.revision
        fresh = rules.with_name("fresh")
        shutil.copytree(rules, fresh)
        (fresh / "stop-rules.yaml").write_text(STRICTER)
        rules.rename(rules.with_name("old"))
        fresh.rename(rules)
        eventually("the new folder is in force", lambda: daemon.rule_set.revision != before)


def test_a_folder_need_not_be_watched(rules: Path) -> None:
    names = []
    for watched in (True, False):
        with started(rules, watch_config=watched):
            names.append("folder" in {thread.name for thread in threading.enumerate()})
    assert names == [True, False]


def test_broken_files_change_nothing_are_told_once_and_mended_ones_count(
    rules: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with started(rules, log_level="debug") as (daemon, url):
        before = daemon.rule_set
        (rules / "stop-rules.yaml").write_text(BROKEN)
        eventually("the gauge tells of it", lambda: gauge(url) == 0)
        assert daemon.rule_set is before
        (rules / "stop-rules.yaml").write_text(STRICTER)
        eventually("the gauge is good again", lambda: gauge(url) == 1)
        assert daemon.rule_set.revision != before.revision
    told = [event for event in events(capsys) if event[0] != "reload.ended"]
    assert told == [("config.refused", "folder"), ("config.reloaded", "folder")]


def test_what_was_asked_for_is_not_read_again_by_the_watch(rules: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with started(rules, log_level="info") as (_daemon, url):
        (rules / "stop-rules.yaml").write_text(STRICTER)
        assert httpx.post(f"{url}/-/reload", timeout=10).status_code == 200
        (rules / "stop-rules.yaml").write_text(BROKEN)
        eventually("the next change is seen", lambda: gauge(url) == 0)
    assert events(capsys) == [("config.reloaded", "api"), ("config.refused", "folder")]


class Refusing(SqlStore):
    """Records that can be read, and are written only while they are told to be."""

    good = True

    @contextmanager
    def writing(self) -> Iterator[SqlWriter]:
        if not self.good:
            raise StoreError("the database is read-only")
        with super().writing() as writer:
            yield writer


class Wearing(SqlStore):
    """Records that are opened, to be read or written, only *left* times more."""

    left = 10**6

    @contextmanager
    def reading(self) -> Iterator[SqlReader]:
        self.wear()
        with super().reading() as reader:
            yield reader

    @contextmanager
    def writing(self) -> Iterator[SqlWriter]:
        self.wear()
        with super().writing() as writer:
            yield writer

    @classmethod
    def wear(cls) -> None:
        cls.left -= 1
        if cls.left < 0:
            raise StoreError("the database is gone")


class WearingRecall(Recall):
    """The same for what is looked at again and again."""

    @contextmanager
    def reading(self) -> Iterator[SqlReader]:
        Wearing.wear()
        with super().reading() as reader:
            yield reader


def test_a_reload_that_is_refused_midway_has_recorded_nothing(rules: Path) -> None:
    clock, settings = Clock(), settings_of(rules)
    store = open_store(settings.database_url.get_secret_value())
    store.__class__, store.recall.__class__ = Wearing, WearingRecall
    daemon = Daemon(settings, store, clock, Metrics(version="0", now=clock.now))

    def recorded() -> tuple[object, ...]:
        Wearing.left = 10**6
        with store.reading() as view:
            return view.activations("story"), view.audit_head()

    plan = json.loads((rules / "rollout.yaml").read_text())
    plan["sites"]["ham-01"]["go_live"] = "2026-01-01T00:00:00Z"
    (rules / "rollout.yaml").write_text(json.dumps(plan))
    before, watches, known = daemon.rule_set, daemon.watches, recorded()
    refused = 0
    try:
        for left in range(10):
            Wearing.left = left
            try:
                daemon.reload(by="test")
            except StoreError:
                refused += 1
                assert (daemon.rule_set, daemon.watches, recorded()) == (before, watches, known), left
            else:
                break
        activations, _head = recorded()
        assert isinstance(activations, dict)
        assert (refused, [*activations], daemon.rule_set is before) == (3, ["ham-01"], False)
        daemon.tick("default")
        assert [source for source, _ in daemon.troubles.failing] == ["default"], (
            "it asks, through a client that is open"
        )
    finally:
        Wearing.left = 10**6
        daemon.close()
        store.close()


def test_records_that_refuse_leave_the_previous_files_in_force_as_a_whole(rules: Path) -> None:
    settings = settings_of(rules, watch_config=False)

    def opening(url: str) -> SqlStore:
        opened = open_store(url)
        opened.__class__ = Refusing
        return opened

    with running(settings, opening=opening) as daemon:
        before, watches = daemon.rule_set, daemon.watches
        (rules / "stop-rules.yaml").write_text(STRICTER)
        Refusing.good = False
        try:
            with pytest.raises(StoreError, match="read-only"):
                daemon.reload(by="test")
        finally:
            Refusing.good = True
        url = f"http://{settings.listen.host}:{settings.listen.port}"
        assert (daemon.rule_set, daemon.watches, gauge(url)) == (before, watches, 0)
        daemon.reload(by="test")
        assert (daemon.rule_set is before, gauge(url)) == (False, 1)


def with_source(rules: Path, name: str, url: str) -> None:
    """Let every site be read from the source *name*."""
    plan = json.loads((rules / "rollout.yaml").read_text())
    plan["sources"] = {name: {"url": url}}
    for site in plan["sites"].values():
        site |= {"source": name, "go_live": "2026-01-01T00:00:00Z"}
    (rules / "rollout.yaml").write_text(json.dumps(plan))


def test_a_source_that_comes_with_a_reload_is_asked_and_one_that_left_is_not(rules: Path) -> None:
    with Sink() as first, Sink() as second:
        with_source(rules, "first", first.url)
        with started(rules) as (_daemon, url):
            eventually("the first source is asked", lambda: first.received)
            with_source(rules, "second", second.url)
            assert httpx.post(f"{url}/-/reload", timeout=30).status_code == 200
            eventually("the second source is asked", lambda: second.received)
            asked = len(first.received)
            known = len(second.received)
            eventually("the second is asked again", lambda: len(second.received) > known + 2)
            assert len(first.received) == asked
            assert httpx.get(f"{url}/-/healthy", timeout=10).status_code == 200
