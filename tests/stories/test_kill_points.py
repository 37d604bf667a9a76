"""Death by SIGKILL at the worst instants: a deed of a person is applied once, a message is told once."""

from __future__ import annotations

import json
import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from stopwatch.app.building import load
from stopwatch.core.decision import Decision, DecisionId
from stopwatch.core.kpi import SiteId
from stopwatch.core.ledger import EntryKind
from stopwatch.core.outbox import Message, MessageKind, OutboxState, thread_key
from stopwatch.core.stop import Stop
from stopwatch.demo.prometheus import free_port
from stopwatch.demo.slack import Pace, SlackEmulator
from stopwatch.store.connect import open_store
from stopwatch.store.sql import SqlStore
from stopwatch.watch.acts.commands import Desk, pause
from tests.stories.answering import ANNA, CHANNEL, SECRET
from tests.stories.crash_daemon import Tripwire, live
from tests.stories.world import KPIS, RULES, eventually
from tests.web.paused import BODIES, SHA256

pytestmark = pytest.mark.slow

HAM = SiteId("ham-01")
PLAN = {
    "rollout": "story",
    "phases": [{"id": "pilot", "sites": [HAM], "observation": "1d"}],
    "sites": {HAM: {"name": "Hamburg", "timezone": "Europe/Berlin", "go_live": "2035-01-01T00:00:00Z"}},
    "slack": {"rights": {"issue": [ANNA]}},
    "delivery": {"settle": "2s", "sweep": ["2s", "4s"]},
}


@dataclass(slots=True)
class Lives:
    """One database, one Slack, and a daemon that is started and dies again and again."""

    folder: Path
    slack: SlackEmulator
    store: SqlStore

    @property
    def rules(self) -> Path:
        return self.folder / "rules"

    def pause(self) -> Decision:
        """Let somebody at a terminal stop the site."""
        desk = Desk(self.store, load(self.rules), lambda _site: CHANNEL)
        stop = Stop("sev1", "labels are missing", "cli:lena", site=HAM)
        return pause(desk, stop, transport="cli", now=datetime.now(UTC))[0]

    def chart(self, decision: Decision) -> Message:
        """Ask for a chart in the decision's thread."""
        key = thread_key(decision.id, MessageKind.IMAGE, "g", CHANNEL)
        message = Message(key, MessageKind.IMAGE, CHANNEL, decision.id, decision.rev, {"evidence": SHA256})
        now = datetime.now(UTC)
        with self.store.writing() as tx:
            tx.save_evidence(SHA256, BODIES[SHA256], now)
            tx.enqueue(message, now=now)
        return message

    def decision(self, identity: DecisionId) -> Decision:
        with self.store.reading() as view:
            found = view.decision(identity)
        assert found is not None
        return found

    def keys(self) -> Counter[str]:
        """How often each message is seen."""
        return Counter(message["metadata"]["event_payload"]["key"] for message in self.slack.messages(CHANNEL))

    @contextmanager
    def life(self, tripwire: Tripwire | None = None) -> Iterator[multiprocessing.process.BaseProcess]:
        """Let a daemon live, until a tripwire or the end of the block."""
        port = free_port()
        self.slack.control("settings", request_url=f"http://127.0.0.1:{port}/slack/interactions", signing_secret=SECRET)
        given = {
            "config": self.rules,
            "database_url": f"sqlite:///{self.folder}/stopwatch.db",
            "prometheus_url": f"http://127.0.0.1:{free_port()}",
            "listen": f"127.0.0.1:{port}",
            "slack_base_url": self.slack.api_url,
            "slack_bot_token": "xoxb-story",
            "slack_channel": CHANNEL,
            "slack_signing_secret": SECRET,
        }
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.stories.crash_daemon"])
        process = context.Process(target=live, args=(given, None, tripwire, str(self.folder / "log")))
        process.start()
        try:
            eventually("it answers or is dead", lambda: not process.is_alive() or _answers(port), seconds=20)
            yield process
        finally:
            process.kill()
            process.join()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/-/healthy", timeout=1).status_code > 0
    except httpx.HTTPError:
        return False


@pytest.fixture
def lives(tmp_path: Path) -> Iterator[Lives]:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "kpis.yaml").write_text(KPIS)
    (rules / "stop-rules.yaml").write_text(RULES)
    (rules / "rollout.yaml").write_text(json.dumps(PLAN))
    store = open_store(f"sqlite:///{tmp_path}/stopwatch.db")
    with SlackEmulator(tokens=("xoxb-story",), pace=Pace(per_second=0, tiers=False)) as slack:
        yield Lives(tmp_path, slack, store)
    store.close()


@pytest.mark.parametrize(
    "tripwire",
    [
        pytest.param(Tripwire("receive", "return", 2), id="written down, not acknowledged"),
        pytest.param(Tripwire("apply", "call", 1), id="acknowledged, not applied"),
        pytest.param(Tripwire("finish", "call", 1), id="applied, not noted"),
    ],
)
def test_a_click_is_applied_exactly_once_though_the_process_dies(lives: Lives, tripwire: Tripwire) -> None:
    decision = lives.pause()
    with lives.life(tripwire) as process:
        eventually("its card stands", lives.keys, seconds=20)
        ts = lives.slack.messages(CHANNEL)[0]["ts"]
        lives.slack.control("click", channel=CHANNEL, ts=ts, action_id="acknowledge", user=ANNA)
        process.join(20)
        assert process.exitcode == -signal.SIGKILL
    assert len(lives.store.waiting()) == 1
    with lives.life():
        eventually("nothing waits", lambda: not lives.store.waiting(), seconds=20)
    acts = [(acted.act, acted.actor) for acted in lives.decision(decision.id).acts]
    assert acts == [("acknowledge", f"slack:{ANNA}")]


@pytest.mark.parametrize(
    "tripwire",
    [
        pytest.param(Tripwire("receive", "return", 4), id="written down, not acknowledged"),
        pytest.param(Tripwire("log_issue", "return", 1), id="applied, not noted"),
    ],
)
@pytest.mark.long
def test_an_issue_is_logged_exactly_once_though_the_process_dies(lives: Lives, tripwire: Tripwire) -> None:
    with lives.life(tripwire) as process:
        lives.slack.control("command", channel=CHANNEL, user=ANNA, command="/stop-rollout", text=f"issue {HAM}")
        entered = {"severity": "sev3", "description": "labels print twice"}
        with lives.slack.held() as workspace:
            dialog = next(iter(workspace.views))
        lives.slack.control("submit", view=dialog, user=ANNA, values=entered)
        process.join(20)
        assert process.exitcode == -signal.SIGKILL
    with lives.life():
        eventually("nothing waits", lambda: not lives.store.waiting(), seconds=20)
    with lives.store.reading() as view:
        logged = view.entries("story", kind=EntryKind.ISSUE)
        rows = [row.body for row in view.audit_rows() if str(row.body["act"]).startswith("issue")]
    assert [(one.item, one.actor) for one in logged] == [(f"{HAM}-1", f"slack:{ANNA}")]
    assert [(row["act"], row["actor"]) for row in rows] == [("issue.open", f"slack:{ANNA}")]


@pytest.mark.parametrize(
    "tripwire",
    [
        pytest.param(Tripwire("_payload", "call", 1), id="claimed, not sent"),
        pytest.param(Tripwire("_sent", "return", 1), id="accepted, not written down"),
    ],
)
def test_a_card_is_told_exactly_once_though_the_process_dies(lives: Lives, tripwire: Tripwire) -> None:
    decision = lives.pause()
    with lives.life(tripwire) as process:
        process.join(20)
        assert process.exitcode == -signal.SIGKILL
    key = f"{decision.id}/root/{CHANNEL}"
    row = lives.store.root(decision.id)
    assert row is not None
    assert row.ts is None
    with lives.life():
        eventually("it is told", lambda: (found := lives.store.root(decision.id)) and found.ts, seconds=20)
        time.sleep(5)  # the sweeps after it remove what is too much
    assert lives.keys() == {key: 1}


@pytest.mark.parametrize(
    "tripwire",
    [
        pytest.param(Tripwire("upload", "call", 1), id="claimed, not uploaded"),
        pytest.param(Tripwire("upload", "return", 1), id="uploaded, not shown"),
        pytest.param(Tripwire("_show", "return", 2), id="shown, not written down"),
    ],
)
def test_a_chart_is_shown_exactly_once_though_the_process_dies(lives: Lives, tripwire: Tripwire) -> None:
    decision = lives.pause()
    message = lives.chart(decision)
    with lives.life(tripwire) as process:
        process.join(20)
        assert process.exitcode == -signal.SIGKILL

    def state() -> OutboxState:
        return next(row.state for row in lives.store.rows() if row.message.key == message.key)

    assert state() is OutboxState.UNKNOWN
    with lives.life():
        eventually("it is shown", lambda: state() is OutboxState.SENT, seconds=20)
        time.sleep(5)  # the sweeps after it remove what is too much
    assert lives.keys()[message.key] == 1
    (shown,) = [each for each in lives.slack.messages(CHANNEL) if each["blocks"][0]["type"] == "image"]
    assert shown["metadata"]["event_payload"]["kind"] == "image"
    assert lives.slack.violations() == []
