"""When checkpoints are due: once on every local day, whatever the clocks do, and only in hypercare."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from stopwatch.core.grid import rfc3339
from stopwatch.core.hypercare import checkpoint, checkpoints, due_at, in_hypercare, newest_due, waiting
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.phase import HypercarePlan
from tests.core.hypercare import HAM, LIVE, NOW, PILOT, PLAN, held, issue_entry

BERLIN = ZoneInfo("Europe/Berlin")
LIVE_AT = LIVE[HAM].at


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "day", "due"),
    [
        pytest.param(at(11, 21, 8), date(2026, 11, 21), at(11, 21, 8), id="to the second"),
        pytest.param(at(11, 21, 7, 59), date(2026, 11, 20), at(11, 20, 8), id="a minute before"),
        pytest.param(at(11, 21, 23, 30), date(2026, 11, 21), at(11, 21, 8), id="after midnight at the site"),
        pytest.param(at(7, 1, 7), date(2026, 7, 1), at(7, 1, 7), id="in summer an hour earlier in UTC"),
    ],
)
def test_the_newest_checkpoint_is_that_of_the_local_day(now: datetime, day: date, due: datetime) -> None:
    assert newest_due(time(9), BERLIN, now=now) == (day, due)


@pytest.mark.parametrize(
    ("first", "hour"),
    [
        pytest.param(at(3, 27, 0), time(2, 30), id="the hour that is skipped"),
        pytest.param(at(10, 23, 0), time(2, 30), id="the hour that comes twice"),
        pytest.param(at(10, 23, 0), time(0), id="midnight"),
    ],
)
def test_every_local_day_has_exactly_one_checkpoint_across_a_change_of_clocks(first: datetime, hour: time) -> None:
    moments = [first + timedelta(minutes=5) * step for step in range(5 * 288)]
    seen = dict.fromkeys(newest_due(hour, BERLIN, now=now) for now in moments)
    days = [day for day, _ in seen]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    dues = [due for _, due in seen]
    assert dues == sorted(set(dues))


def test_a_skipped_time_is_read_by_the_offset_before_it_and_a_double_one_is_the_first() -> None:
    assert due_at(date(2026, 3, 29), time(2, 30), BERLIN) == at(3, 29, 1, 30)
    assert due_at(date(2026, 10, 25), time(2, 30), BERLIN) == at(10, 25, 0, 30)


def test_a_phase_is_in_hypercare_from_its_first_go_live_to_its_exit() -> None:
    gone = Entry(1, "r", EntryKind.GO, "pilot", "go", {"go": True}, "cli:ida", NOW)
    assert in_hypercare(PLAN, LIVE, [], at=LIVE_AT - timedelta(seconds=1)) == []
    assert in_hypercare(PLAN, LIVE, [gone], at=LIVE_AT) == [PILOT]
    assert in_hypercare(PLAN, LIVE, [gone], at=NOW) == []


def test_a_second_try_forgets_no_checkpoint_of_the_first() -> None:
    again = {HAM: replace(LIVE[HAM], at=NOW)}
    first = Entry(1, "r", EntryKind.ACTIVATION, HAM, "", {"version": "4.12.0", "at": rfc3339(LIVE_AT)}, "cli:ida", NOW)
    entries = [first, held(2, at=NOW, day="2026-11-21")]
    found = checkpoints(PLAN, PILOT, again, entries, zone=BERLIN, now=NOW + timedelta(days=1))
    assert [(one.day.day, one.held is not None) for one in found] == [(20, False), (21, True), (22, False)]
    assert in_hypercare(PLAN, again, entries, at=LIVE_AT) == [PILOT]


def test_the_checkpoints_so_far_are_those_of_hypercare_with_what_was_recorded() -> None:
    entries = [held(1, at=NOW, day="2026-11-21")]
    found = checkpoints(PLAN, PILOT, LIVE, entries, zone=BERLIN, now=NOW + timedelta(days=1))
    assert [(one.day.day, one.held is not None) for one in found] == [(20, False), (21, True), (22, False)]
    assert checkpoints(PLAN, PILOT, {}, entries, zone=BERLIN, now=NOW) == []


@pytest.mark.parametrize(
    ("given", "within"),
    [
        pytest.param(HypercarePlan(), timedelta(hours=4), id="four hours"),
        pytest.param(HypercarePlan(timedelta(minutes=30)), timedelta(minutes=30), id="as the plan says"),
    ],
)
def test_a_checkpoint_is_overdue_so_long_after_its_time_unless_it_was_held(
    given: HypercarePlan, within: timedelta
) -> None:
    due, day = at(11, 21, 8), date(2026, 11, 21)
    plan = replace(PLAN, hypercare=given)
    open_one = checkpoint(plan, PILOT.id, day, due, [])
    assert not open_one.overdue(due + within - timedelta(seconds=1))
    assert open_one.overdue(due + within)
    assert not checkpoint(plan, PILOT.id, day, due, [held(1, at=NOW, day="2026-11-21")]).overdue(due + within)


def test_what_people_forgot_is_named_and_nothing_else() -> None:
    entries = [issue_entry(1, target="2026-11-21"), issue_entry(2, "ham-01-2")]
    assert waiting(PLAN, LIVE, entries, now=NOW, zone=ZoneInfo) == []
    late = NOW + timedelta(days=2, hours=3)
    assert waiting(PLAN, LIVE, entries, now=late, zone=ZoneInfo) == [
        ("checkpoint", "pilot of 2026-11-23 overdue"),
        ("issues overdue", "ham-01-1"),
        ("issues not reviewed", "ham-01-1, ham-01-2"),
    ]
