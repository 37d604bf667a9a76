"""The daemon tells every checkpoint once, also after a restart, and reminds once of what people forget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.app.hypercare import Hypercare
from stopwatch.app.sending import slack_sender
from stopwatch.config.settings import load_settings
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.ledger import Entry, EntryKind, entry
from stopwatch.core.outbox import MessageKind, OutboxRow
from stopwatch.core.phase import Phase
from stopwatch.core.records import Activation
from stopwatch.core.story import Story
from stopwatch.demo.slack import SlackEmulator
from stopwatch.store.connect import open_store
from stopwatch.telemetry.metrics import Metrics
from stopwatch.watch.acts.issues import IssueAsked, say
from stopwatch.watch.rollout.reporting import Meeting, Told, hold, tell_checkpoint
from tests.app.test_going_live import KPIS, RULES

PLAN = """
rollout: story
timezone: Europe/Berlin
checkpoint: {at: "09:00"}
phases:
  - {id: pilot, sites: [ham-01], observation: 1d}
  - {id: wave-1, sites: [lodz], observation: 1d, readiness: [UAT signed]}
sites:
  ham-01: {name: Hamburg, timezone: Europe/Berlin}
  lodz: {name: Łódź, timezone: Europe/Warsaw}
"""
HAM = SiteId("ham-01")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Daemon]:
    for name, text in (("kpis", KPIS), ("stop-rules", RULES), ("rollout", PLAN)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    environment = {
        "STOPWATCH_CONFIG": str(tmp_path),
        "STOPWATCH_PROMETHEUS_URL": "http://127.0.0.1:9",
        "STOPWATCH_SLACK_BOT_TOKEN": "xoxb-1",
        "STOPWATCH_SLACK_CHANNEL": "C0PILOT",
        "STOPWATCH_EXTERNAL_URL": "https://stopwatch.example",
    }
    store, clock = open_store(f"sqlite:///{tmp_path}/stopwatch.db"), Clock()
    made = Daemon(load_settings(environment), store, clock, Metrics(version="0", now=clock.now))
    with store.writing() as tx:
        tx.save_activation(Activation("story", HAM, at(20, 6), "cli:ida", at(20, 6), "4.12.0"))
    yield made
    made.close()
    store.close()


def reports(daemon: Daemon) -> list[OutboxRow]:
    """What is to be posted."""
    with daemon.store.reading() as view:
        return view.every(MessageKind.REPORT)


def pass_time(daemon: Daemon, now: datetime) -> None:
    """Let time pass as a process does that has just started."""
    chores = Hypercare(daemon)
    chores.tell(daemon.rule_set, now)
    chores.remind(daemon.rule_set, now)


def texts(daemon: Daemon) -> list[str]:
    return [str(row.message.body["text"]) for row in reports(daemon) if "text" in row.message.body]


def test_a_checkpoint_is_told_once_a_day_however_often_the_daemon_starts(daemon: Daemon) -> None:
    pass_time(daemon, at(20, 7, 59))
    assert reports(daemon) == []
    for minute in (0, 0, 1):
        pass_time(daemon, at(20, 8, minute))
    (row,) = reports(daemon)
    assert row.message.key == "report/story/pilot/checkpoint/2026-11-20"
    assert (row.message.channel, row.message.body["title"]) == ("C0PILOT", "Checkpoint pilot, 2026-11-20")
    assert row.message.body["link"] == "https://stopwatch.example/reports/checkpoint?phase=pilot"
    pass_time(daemon, at(21, 8))
    assert len([one for one in reports(daemon) if "title" in one.message.body]) == 2


def test_two_processes_that_make_the_same_checkpoint_tell_it_once(daemon: Daemon) -> None:
    def tell(make: Callable[[Story, Phase, date], Told]) -> list[Entry]:
        return tell_checkpoint(daemon.store, daemon.rule_set, make, "C0PILOT", now=at(20, 8))

    def slow(_story: Story, _phase: Phase, _day: date) -> Told:
        assert len(tell(lambda *_: Told([], {"title": "the other one's"}))) == 1, "the other one tells it meanwhile"
        return Told([], {"title": "mine"})

    assert tell(slow) == []
    (row,) = reports(daemon)
    assert row.message.body["title"] == "the other one's"


def test_a_checkpoint_holds_the_day_against_the_baseline_and_says_what_cannot_be_told(daemon: Daemon) -> None:
    pass_time(daemon, at(20, 8))
    frozen = {"kpis": {"load": {"median": 2.0, "p90": 3.0, "samples": 500, "slots": 500}}}
    with daemon.store.writing() as tx:
        tx.record(entry("story", EntryKind.BASELINE, HAM, body=frozen, actor="cli:bo", at=at(20, 9)))
    pass_time(daemon, at(21, 8))
    without, held = [str(row.message.body["sections"]) for row in reports(daemon) if "title" in row.message.body]
    assert "No baseline of ham-01 is frozen, so nothing can be compared there" in without
    assert "0 of 1 KPIs are within the band of the baseline; cannot be told: Load at ham-01." in held
    with daemon.store.reading() as view:
        told = view.entries("story", kind=EntryKind.REPORT)[-1].body["figures"]
    assert isinstance(told, list)
    assert (told[0]["start"], told[0]["end"]) == ("2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z")
    assert told[0]["kpis"]["load"]["why"].startswith("it could not be read: ")


def test_nothing_is_told_while_nothing_is_in_hypercare(daemon: Daemon) -> None:
    with daemon.store.writing() as tx:
        tx.record(entry("story", EntryKind.GO, "pilot", "go", body={"go": True}, actor="cli:ida", at=at(20, 7)))
    pass_time(daemon, at(25, 9))
    assert reports(daemon) == []


def test_a_report_that_came_late_says_what_its_day_was(daemon: Daemon) -> None:
    pass_time(daemon, at(22, 4))
    titles = [row.message.body["title"] for row in reports(daemon) if "title" in row.message.body]
    assert titles == ["Checkpoint pilot, 2026-11-21"]


def test_a_missed_checkpoint_is_said_once_and_a_recorded_one_never(daemon: Daemon) -> None:
    pass_time(daemon, at(20, 11, 59))
    assert texts(daemon) == []
    pass_time(daemon, at(20, 12))
    pass_time(daemon, at(20, 13))
    (said,) = texts(daemon)
    assert said.startswith("The checkpoint of pilot of 2026-11-20, due 09:00 CET, was not recorded.")
    hold(daemon.desk, Meeting("cli:ida", (("ops", "Ida"),)), transport="cli", now=at(21, 8, 20))
    pass_time(daemon, at(21, 20))
    assert texts(daemon) == [said]


def test_issues_that_nobody_looks_at_are_said_once_a_day_until_a_checkpoint_is_held(daemon: Daemon) -> None:
    said = {"severity": "sev2", "description": "labels print twice"}
    say(daemon.desk, IssueAsked("cli:ida", place=HAM, said=said), transport="cli", now=at(20, 7))
    meeting = Meeting("cli:ida", (("ops", "Ida"),), phase=PhaseId("pilot"))
    hold(daemon.desk, meeting, transport="cli", now=at(20, 8, 10))
    pass_time(daemon, at(21, 10))
    assert texts(daemon) == []
    pass_time(daemon, at(21, 10, 11))
    pass_time(daemon, at(21, 11, 11))
    (first,) = texts(daemon)
    assert "Open issues that nobody reviewed for over 1 d 2 h: ham-01-1 (sev2, no owner)." in first
    hold(daemon.desk, meeting, transport="cli", now=at(21, 11, 30))
    pass_time(daemon, at(22, 10))
    assert texts(daemon) == [first]


def test_without_slack_the_report_is_kept_and_nothing_is_posted(daemon: Daemon) -> None:
    daemon.settings = daemon.settings.model_copy(update={"slack_bot_token": None})
    pass_time(daemon, at(20, 8))
    assert reports(daemon) == []
    with daemon.store.reading() as view:
        kept = view.entries("story", kind=EntryKind.REPORT)
    assert [one.item for one in kept] == ["checkpoint/2026-11-20"]


def test_the_chores_wait_for_the_first_evaluation(daemon: Daemon) -> None:
    chores = Hypercare(daemon)
    assert not chores.evaluated()
    daemon.board.evaluated_at = daemon.clock.now() - timedelta(seconds=1)
    with daemon.store.writing() as tx:
        live = daemon.clock.now() - timedelta(days=2)
        tx.save_activation(Activation("story", HAM, live, "cli:ida", live, "4.12.0"))
    assert chores.evaluated()
    chores.pass_time()
    with daemon.store.reading() as view:
        assert view.entries("story", kind=EntryKind.REPORT)


def test_the_report_arrives_in_slack_as_slack_wants_it_once(daemon: Daemon) -> None:
    with SlackEmulator(tokens=["xoxb-1"], channels={"C0PILOT": "hypercare"}) as slack:
        daemon.settings = daemon.settings.model_copy(update={"slack_base_url": slack.api_url})
        sender = slack_sender(daemon)
        assert sender is not None
        now = daemon.clock.now()
        with daemon.store.writing() as tx:
            tx.save_activation(Activation("story", HAM, now - timedelta(days=3), "cli:ida", now, "4.12.0"))
        for _ in range(2):
            Hypercare(daemon).tell(daemon.rule_set, now)
            sender.deliver(daemon.clock.now(), stopping=lambda: False)
        (posted,) = slack.messages("C0PILOT")
        assert "Checkpoint pilot" in str(posted)
        assert slack.violations() == []
