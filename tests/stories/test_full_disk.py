"""The disk under the records fills up and empties again: refused, nothing half done, said aloud, resumed by itself."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import orjson
import pytest

from stopwatch.demo.slack import Pace, SlackEmulator
from stopwatch.store.connect import open_store
from tests.prometheus.scripted import ScriptedServer, Seen, http
from tests.store.postgres import cluster
from tests.stories.disks import fill, small_disk
from tests.stories.world import HOLD, Api, at, daemon, eventually, settings_for, write_rules

pytestmark = pytest.mark.slow

SITE, CHANNEL, TOKEN = "ham-01", "C0FULL", "xoxb-full"
FULL = "has no room left"
WRITABLE = "stopwatch_database_writable"


class Load:
    """A Prometheus whose one site breaches from *since* on, or not yet."""

    def __init__(self) -> None:
        self.since: float = float("inf")
        self.asked = 0

    def __call__(self, seen: Seen) -> bytes:
        if not seen.path.endswith("/query_range"):
            return http("", 404)
        first, last = (round(float(seen.form[name])) for name in ("start", "end"))
        self.asked = last
        values = [[second, "20" if second >= self.since else "1"] for second in range(first, last + 1)]
        result = [{"metric": {"site": SITE}, "values": values}]
        return http(orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))


def writable(url: str) -> float | None:
    """What the gauge says, as it is scraped."""
    page = httpx.get(f"{url}/metrics", timeout=10).text
    found = [line.split()[1] for line in page.splitlines() if line.startswith(f"{WRITABLE} ")]
    return float(found[0]) if found else None


def evaluated(url: str) -> float:
    """When an evaluation ended last that is recorded, as it is scraped."""
    page = httpx.get(f"{url}/metrics", timeout=10).text
    name = "stopwatch_last_evaluation_timestamp_seconds "
    return next(float(line.removeprefix(name)) for line in page.splitlines() if line.startswith(name))


def looked(api: Api) -> tuple[float | None, int, float]:
    """Look half a second later: the gauge, readiness, the newest evaluation."""
    time.sleep(0.5)
    return writable(api.url), ready(api)[0], evaluated(api.url)


def ready(api: Api) -> tuple[int, str]:
    answer = httpx.get(f"{api.url}/-/ready", timeout=10)
    return answer.status_code, answer.text


@contextmanager
def sqlite(folder: Path) -> Iterator[tuple[Path, str]]:
    """A small disk, and the address of records on it."""
    with small_disk(folder / "disk") as disk:
        yield disk, f"sqlite:///{disk}/stopwatch.db"


@contextmanager
def postgresql(_folder: Path) -> Iterator[tuple[Path, str]]:
    """The same with a server whose disk it is."""
    with cluster(disk=partial(small_disk, mib=96)) as server, server.database() as name:
        yield server.data.parent, server.address(name)


@pytest.mark.parametrize("place", [sqlite, postgresql], ids=["SQLite", "PostgreSQL"])
def test_a_full_disk_is_said_aloud_and_what_it_refused_is_recorded_once_there_is_room(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    place: Callable[[Path], AbstractContextManager[tuple[Path, str]]],
) -> None:
    load = Load()
    rules = write_rules(tmp_path / "rules", {SITE: "pilot"}, datetime.fromtimestamp(int(time.time()) - 5, UTC))
    slack = SlackEmulator(tokens=[TOKEN], channels={CHANNEL: "full"}, pace=Pace(per_second=0, tiers=False))
    with place(tmp_path) as (disk, url), ScriptedServer(load) as prometheus, slack:
        more = {"slack_base_url": slack.api_url, "slack_bot_token": TOKEN, "slack_channel": CHANNEL}
        settings = settings_for(disk, rules, prometheus.url, database_url=url, **more)
        with daemon(settings) as (_daemon, api):
            eventually("it can work", lambda: ready(api)[0] == 200 and writable(api.url) == 1)
            filler = fill(disk)
            full = os.path.ismount(disk)
            load.since = int(time.time()) + 2
            if full:
                eventually("it is said", lambda: ready(api)[0] == 503 and FULL in ready(api)[1], seconds=20)
                eventually("the gauge says it", lambda: writable(api.url) == 0, seconds=20)
                eventually("the breach is over its window", lambda: load.asked > load.since + HOLD + 1, seconds=30)
                # Small writes find room in the log again and again; the pause does not, so all of it stays said.
                seen = [looked(api) for _ in range(8)]
                assert set(seen) == {(0.0, 503, seen[0][2])}
                assert json.loads(ready(api)[1])["degraded"] == [], "Prometheus answers"
                assert api.decisions() == []
                assert httpx.get(f"{api.url}/-/healthy", timeout=10).status_code == 200
            filler.unlink()
            eventually("it is recorded", api.decisions, seconds=30)
            eventually("it is told", lambda: slack.messages(CHANNEL), seconds=20)
            eventually("it can work again", lambda: ready(api)[0] == 200 and writable(api.url) == 1, seconds=20)
            (decision,) = api.decisions()
        opened = [ground["opened_at"] for ground in api_grounds(decision)]
        assert opened == [at(int(load.since) + HOLD)]
        assert [each["thread_ts"] for each in slack.messages(CHANNEL)].count(None) == 1
        store = open_store(url)
        assert store.verify_audit() is None
        store.close()
    written = capsys.readouterr()
    log = written.out + written.err
    assert not full or FULL in log
    assert "Traceback" not in log
    assert "tick.broke" not in log


def api_grounds(decision: dict[str, list[dict[str, str]]]) -> list[dict[str, str]]:
    return decision["grounds"]
