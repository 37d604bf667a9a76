"""Pace, circuit and bundling: the parts of delivery that need neither outbox nor receiver."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from stopwatch.core.decision import DecisionId
from stopwatch.core.outbox import Message, MessageKind, OutboxRow, OutboxState
from stopwatch.watch.delivery.pacing import Pacing
from stopwatch.watch.delivery.summary import bundles, summary_of

NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def pacing() -> Pacing:
    return Pacing(Random(3))


def test_a_channel_takes_three_messages_at_once_and_then_one_a_second(pacing: Pacing) -> None:
    assert [pacing.may_send("C1", NOW) for _ in range(4)] == [True, True, True, False]
    assert [pacing.may_send("C1", NOW + n * SECOND) for n in (1, 1, 2)] == [True, False, True]
    assert pacing.may_send("C2", NOW)


def test_a_held_channel_holds_no_other(pacing: Pacing) -> None:
    pacing.hold("C1", NOW + 10 * SECOND)
    assert not pacing.may_send("C1", NOW + 9 * SECOND)
    assert pacing.may_send("C2", NOW)
    assert pacing.may_look_up(NOW)
    assert pacing.may_send("C1", NOW + 10 * SECOND)


def test_waits_double_up_to_a_minute_with_full_jitter(pacing: Pacing) -> None:
    waits = [pacing.wait("k") for _ in range(200)]
    assert all(wait <= SECOND * min(60, 2**n) for n, wait in enumerate(waits))
    assert min(waits[10:]) < 10 * SECOND < 50 * SECOND < max(waits[10:])
    pacing.succeeded("k")
    assert pacing.wait("k") <= SECOND


def test_a_clock_that_was_set_back_keeps_no_channel_held(pacing: Pacing) -> None:
    pacing.begin(NOW)
    pacing.hold("C1", NOW + 60 * SECOND)
    pacing.trip(NOW)
    earlier = NOW - timedelta(hours=1)
    pacing.begin(earlier)
    assert pacing.may_send("C1", earlier)
    assert pacing.wants_probe(earlier)


def test_a_broken_destination_is_avoided_for_a_minute(pacing: Pacing) -> None:
    pacing.broke("C1", "is_archived", NOW)
    assert pacing.avoids("C1", NOW + 59 * SECOND)
    assert not pacing.avoids("C1", NOW + 60 * SECOND)
    assert pacing.broken == {"C1": "is_archived"}
    pacing.mended("C1")
    assert pacing.broken == {}


def rows(count: int, *, waited: timedelta, state: OutboxState = OutboxState.PENDING) -> list[OutboxRow]:
    made = NOW - waited
    messages = [
        Message(f"d/act/{n}/C1", MessageKind.ACT, "C1", DecisionId("d"), n, {"act": "attach"}) for n in range(count)
    ]
    return [OutboxRow(message, state, 0, made + n * SECOND, made) for n, message in enumerate(messages)]


@pytest.mark.parametrize(
    ("waiting", "together"),
    [
        pytest.param(rows(3, waited=timedelta(minutes=11)), 3, id="three that waited"),
        pytest.param(rows(2, waited=timedelta(hours=9)), 0, id="two speak for themselves"),
        pytest.param(rows(5, waited=timedelta(minutes=9)), 0, id="not long enough"),
        pytest.param(rows(5, waited=timedelta(hours=1), state=OutboxState.UNKNOWN), 0, id="perhaps sent already"),
    ],
)
def test_what_waited_long_is_told_together(waiting: list[OutboxRow], together: int) -> None:
    assert [len(group) for group in bundles(waiting, now=NOW).values()] == ([together] if together else [])


def test_a_summary_keeps_the_key_of_the_first_and_tells_all() -> None:
    waiting = rows(4, waited=timedelta(hours=9))
    summary = summary_of(waiting[0].message, waiting)
    assert (summary.key, summary.kind) == (waiting[0].message.key, MessageKind.SUMMARY)
    assert summary.body["items"] == [{"kind": "act", "rev": n, "body": {"act": "attach"}} for n in range(4)]
