"""Six hours of a bad Slack in simulated time: hundreds of decisions, thousands of messages, none lost, none doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from stopwatch.app.fencing import attempted, ended_well
from stopwatch.core.decision import Act, Decision, Link
from stopwatch.core.outbox import Detail, OutboxState
from stopwatch.core.rollout import DeliveryPlan
from stopwatch.demo.slack import Fault, Pace, SlackEmulator
from stopwatch.slack.client import SlackNotifier
from stopwatch.store.connect import open_store
from stopwatch.watch.delivery.report import DeliveryReport
from stopwatch.watch.delivery.sending import Sender
from tests.slack.decisions import CHANNEL, OPENED, acted
from tests.watch.delivery_bench import FALLBACK, TOKEN
from tests.watch.test_delivery_store import Storm, numbered

DECISIONS = 340
HOURS = 6
EVERY_SECONDS = 60
"""A decision is opened so often; the last ones end before the faults do."""
PASS_SECONDS = 2
"""A pass over the outbox is made so often."""
MINUTE = 60
STEPS: tuple[tuple[int, Act, dict[str, Any]], ...] = (
    (2 * MINUTE, Act.ACKNOWLEDGE, {}),
    (4 * MINUTE, Act.ATTACH, {"links": (Link("ticket", "https://tickets.example/1"),), "reason": None}),
    (6 * MINUTE, Act.CONFIRM, {}),
    (9 * MINUTE, Act.OVERRIDE, {"category": "accepted-risk", "until": OPENED + timedelta(hours=2)}),
    (12 * MINUTE, Act.PAUSE_AGAIN, {}),
    (15 * MINUTE, Act.DISMISS, {"category": "false_alarm"}),
)
"""What happens to each decision, after so many seconds."""
OFTEN = (
    Fault("status", times=None, chance=0.02, status=429, retry_after="2"),
    Fault("status", times=None, chance=0.01, status=429, retry_after="0.5"),
    Fault("status", times=None, chance=0.01, status=429, retry_after=format_datetime(OPENED)),
    Fault("status", times=None, chance=0.005, status=429, retry_after="soon"),
    Fault("error", times=None, chance=0.01, error="ratelimited"),
    Fault("error", times=None, chance=0.01, error="rate_limited"),
    Fault("status", times=None, chance=0.02, status=500),
    Fault("status", times=None, chance=0.02, status=502, accepted=True),
    Fault("reset", "chat.postMessage", times=None, chance=0.05, accepted=True),
    Fault("reset", times=None, chance=0.02),
    Fault("hang", "chat.postMessage", times=None, chance=0.005, accepted=True, seconds=1.5),
    Fault("error", "chat.postMessage", times=None, chance=0.03, error="internal_error", accepted=True),
    Fault("late", "chat.postMessage", times=None, chance=0.03, seconds=8.0),
    Fault("lost", "chat.postMessage", times=None, chance=0.03, seconds=3.0),
    Fault("error", "chat.postMessage", times=None, chance=0.01, error="invalid_blocks"),
)
GONE = Fault("status", times=None, status=503)


@dataclass(slots=True)
class Weather:
    """What befalls the whole of Slack, by minute; *deleted* are the cards that a person deleted."""

    storm: Storm
    deleted: list[str] = field(default_factory=list)

    def at(self, minute: int) -> None:
        """Bring what this minute brings."""
        slack = self.storm.slack
        match minute:
            case 60 | 100:
                with slack.held() as workspace:
                    workspace.faults.clear()
                for fault in (GONE,) if minute == 60 else OFTEN:
                    slack.fault(fault)
            case 150 | 160:
                slack.token_state(TOKEN, "token_revoked" if minute == 150 else "good")
            case 200 | 210:
                slack.channel(CHANNEL).archived = minute == 200
            case 260 | 270 | 280:
                self._delete_a_live_card()
            case _:
                return

    def _delete_a_live_card(self) -> None:
        with self.storm.store.reading() as view:
            live = view.decisions("wms-4-12", live=True)
        # One that still has something before it, so that its next update finds the card gone.
        row = next(row for each in reversed(live) if (row := self.storm.store.root(each.id)) and row.ts)
        assert row.ts is not None
        self.storm.slack.delete(row.sent_channel or CHANNEL, row.ts)
        self.deleted.append(row.message.key)


@pytest.fixture
def storm(memory_path: Path) -> Iterator[Storm]:
    store = open_store(f"sqlite:///{memory_path}/outbox.db")
    made = Storm(store)
    made.slack = SlackEmulator(
        tokens=[TOKEN],
        channels={CHANNEL: "hypercare", FALLBACK: "fallback"},
        pace=Pace(tiers=False),
        clock=made.seconds,
    )
    with made.slack:
        yield made
    store.close()


def sender_of(storm: Storm, seed: int) -> Sender:
    """Everything that delivers, as a new process would begin it."""
    notifier = SlackNotifier(TOKEN, storm.slack.api_url, now=lambda: storm.now, timeout_seconds=1, attempt=attempted)
    return Sender(storm.store, notifier, plan=DeliveryPlan(), rng=Random(seed), fallback=FALLBACK, fence=ended_well)


def play(storm: Storm, weather: Weather) -> list[DeliveryReport]:
    """Let six hours go by pass after pass, with a new process every quarter of an hour, then half an hour of peace."""
    reports: list[DeliveryReport] = []
    living: list[tuple[int, Decision, int]] = []
    sender = sender_of(storm, 0)
    end = HOURS * 3600
    for second in range(0, end + 1800, PASS_SECONDS):
        if second % MINUTE == 0:
            weather.at(second // MINUTE)
        if second == end:
            with storm.slack.held() as workspace:
                workspace.faults.clear()
        if second % 900 == 450:
            sender = sender_of(storm, second)
        if second % EVERY_SECONDS == 0 and second // EVERY_SECONDS < DECISIONS:
            opened = numbered(second // EVERY_SECONDS)
            storm.tell(opened, None)
            living.append((second, opened, 0))
        living = [_moved(storm, *entry, second) for entry in living if entry[2] < len(STEPS)]
        storm.now += timedelta(seconds=PASS_SECONDS)
        reports.append(sender.deliver(storm.now))
    return reports


def _moved(storm: Storm, born: int, decision: Decision, step: int, second: int) -> tuple[int, Decision, int]:
    after, act, fields = STEPS[step]
    if second - born < after:
        return born, decision, step
    changed = acted(decision, act, after // MINUTE, **fields)
    storm.tell(changed, decision.rev)
    return born, changed, step + 1


def keys_of(messages: list[dict[str, Any]]) -> Counter[str]:
    """How often each key is seen; a message without metadata carries it in its last line."""
    return Counter(
        message["metadata"]["event_payload"]["key"]
        if message["metadata"]
        else message["text"].splitlines()[-1].removeprefix("ref ")
        for message in messages
    )


def audit_of(storm: Storm) -> tuple[list[str], list[str]]:
    """Return the keys of messages that nobody can see, and of those that are seen twice in one channel."""
    shown = {channel: storm.slack.messages(channel) for channel in (CHANNEL, FALLBACK)}
    seen = {(channel, message["ts"]) for channel, messages in shown.items() for message in messages}
    lost = [
        row.message.key
        for row in storm.store.rows()
        if row.state is not OutboxState.SENT or (row.sent_channel, row.ts) not in seen or row.delivered < row.desired
    ]
    doubled = [key for messages in shown.values() for key, count in keys_of(messages).items() if count > 1]
    return lost, doubled


@pytest.mark.long
def test_six_hours_of_faults_lose_nothing_and_double_nothing(storm: Storm) -> None:
    weather = Weather(storm)
    for fault in OFTEN:
        storm.slack.fault(fault)
    reports = play(storm, weather)
    lost, doubled = audit_of(storm)
    rows: list[Any] = storm.store.rows()
    told = {(row.sent_channel, row.ts) for row in rows}
    failed = sum((Counter(report.failed) for report in reports), Counter[tuple[str, str]]())
    sums = {
        name: sum(getattr(report, name) for report in reports)
        for name in ("updated", "unknown", "lost_found", "resent", "duplicates_removed", "summarised")
    }
    print(  # noqa: T201 - the figures are what people run this for
        f"\n{DECISIONS} decisions, {len(rows)} rows told by {len(told)} messages in {HOURS} simulated hours; "
        f"{sum(failed.values())} requests failed with {len({code for _verb, code in failed})} codes; {sums}; "
        f"lost {len(lost)}, doubled {len(doubled)}"
    )
    assert storm.slack.violations() == []
    assert len(rows) == DECISIONS * (1 + len(STEPS))
    assert len(told) > 2000
    assert (lost, doubled) == ([], [])
    assert len(weather.deleted) == 3
    assert len({code for _verb, code in failed}) >= 10
    assert sums["lost_found"] > 50
    assert sums["resent"] > 20
    assert sums["duplicates_removed"] > 0


def test_the_audit_sees_what_is_lost_and_what_is_doubled(storm: Storm) -> None:
    sender = sender_of(storm, 0)
    first, second = numbered(1), numbered(2)
    for decision in (first, second):
        storm.tell(decision, None)
        storm.run(sender, 2)
    assert audit_of(storm) == ([], [])
    gone = storm.store.root(first.id)
    stands = storm.store.root(second.id)
    assert gone is not None
    assert gone.ts is not None
    assert stands is not None
    storm.slack.delete(CHANNEL, gone.ts)
    notifier = SlackNotifier(TOKEN, storm.slack.api_url, now=lambda: storm.now)
    notifier.post(stands, second, thread=None, detail=Detail.FULL)
    assert audit_of(storm) == ([gone.message.key], [stands.message.key])
