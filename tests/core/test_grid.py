"""Slots are instants k·step from the epoch in UTC, and every instant has a newest and a next slot."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.grid import EPOCH, Grid, SlotRange, rfc3339, stamp

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
DIVISORS = [seconds for seconds in range(1, 3601) if 3600 % seconds == 0]
MICROSECOND = timedelta(microseconds=1)


@pytest.mark.parametrize("seconds", DIVISORS, ids=lambda seconds: f"{seconds} s")
def test_a_step_that_divides_an_hour_makes_a_grid(seconds: int) -> None:
    grid = Grid(timedelta(seconds=seconds))
    assert grid.instant(0) == EPOCH
    assert grid.instant(grid.at_or_before(NOON)) == NOON


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(timedelta(0), id="no step"),
        pytest.param(timedelta(seconds=-60), id="backwards"),
        pytest.param(timedelta(seconds=7), id="seven seconds do not divide an hour"),
        pytest.param(timedelta(seconds=70), id="nor do seventy"),
        pytest.param(timedelta(hours=2), id="longer than an hour"),
        pytest.param(timedelta(milliseconds=500), id="half a second is not whole"),
        pytest.param(timedelta(seconds=1, microseconds=1), id="a microsecond too much"),
    ],
)
def test_any_other_step_is_refused(step: timedelta) -> None:
    with pytest.raises(ValueError, match="step must be whole seconds that divide 3600 s"):
        Grid(step)


@pytest.mark.parametrize(
    ("offset", "before", "after"),
    [
        pytest.param(timedelta(0), 0, 0, id="on the grid"),
        pytest.param(MICROSECOND, 0, 1, id="just after"),
        pytest.param(-MICROSECOND, -1, 0, id="just before"),
        pytest.param(timedelta(seconds=59), 0, 1, id="almost the next slot"),
        pytest.param(timedelta(seconds=60), 1, 1, id="the next slot"),
        pytest.param(timedelta(seconds=90), 1, 2, id="a slot and a half"),
    ],
)
def test_newest_and_next_slot_around_noon(offset: timedelta, before: int, after: int) -> None:
    grid = Grid(timedelta(seconds=60))
    noon = int(NOON.timestamp()) // 60
    assert grid.at_or_before(NOON + offset) - noon == before
    assert grid.at_or_after(NOON + offset) - noon == after


def test_before_the_epoch_slots_are_negative_and_still_round_down_and_up() -> None:
    grid = Grid(timedelta(seconds=60))
    assert grid.at_or_before(EPOCH - timedelta(seconds=61)) == -2
    assert grid.at_or_after(EPOCH - timedelta(seconds=61)) == -1


@given(
    instant=st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 -- hypothesis adds the zone
    seconds=st.sampled_from(DIVISORS),
)
def test_every_instant_lies_between_its_newest_and_its_next_slot(instant: datetime, seconds: int) -> None:
    grid = Grid(timedelta(seconds=seconds))
    newest, following = grid.at_or_before(instant), grid.at_or_after(instant)
    assert grid.instant(newest) <= instant < grid.instant(newest + 1)
    assert grid.instant(following - 1) < instant <= grid.instant(following)
    assert following - newest == (0 if grid.instant(newest) == instant else 1)


@pytest.mark.parametrize(
    ("delay", "slots_back"),
    [
        pytest.param(0, 0, id="no delay"),
        pytest.param(1, 1, id="a second of delay"),
        pytest.param(60, 1, id="one step of delay"),
        pytest.param(61, 2, id="a second more than a step"),
    ],
)
def test_the_newest_slot_to_judge_lies_the_delay_back(delay: int, slots_back: int) -> None:
    grid = Grid(timedelta(seconds=60))
    newest = grid.newest(now=NOON, eval_delay=timedelta(seconds=delay))
    assert newest == grid.at_or_before(NOON) - slots_back


def test_a_range_includes_both_ends_and_may_be_empty() -> None:
    grid = Grid(timedelta(seconds=60))
    noon = grid.at_or_before(NOON)
    hour = SlotRange(grid, noon, noon + 60)
    assert (len(hour), hour.start, hour.end) == (61, NOON, NOON + timedelta(hours=1))
    assert len(SlotRange(grid, noon, noon)) == 1
    assert len(SlotRange(grid, noon, noon - 1)) == 0
    assert len(SlotRange(grid, noon, noon - 5)) == 0


PARIS = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("instant", "short", "long"),
    [
        pytest.param(datetime(2026, 11, 21, 10, 15, tzinfo=UTC), "20261121T1015Z", "2026-11-21T10:15:00Z", id="minute"),
        pytest.param(
            datetime(2026, 11, 21, 10, 15, 7, tzinfo=UTC), "20261121T101507Z", "2026-11-21T10:15:07Z", id="with seconds"
        ),
        pytest.param(datetime(2026, 1, 2, tzinfo=UTC), "20260102T0000Z", "2026-01-02T00:00:00Z", id="midnight"),
        pytest.param(
            datetime(2026, 11, 22, 0, 30, tzinfo=PARIS), "20261121T2330Z", "2026-11-21T23:30:00Z", id="other zone"
        ),
        pytest.param(
            datetime(2026, 11, 21, 10, 15, 0, 250_000, tzinfo=UTC),
            "20261121T1015Z",
            "2026-11-21T10:15:00.250000Z",
            id="a fraction is dropped in ids only",
        ),
    ],
)
def test_an_instant_is_written_in_utc(instant: datetime, short: str, long: str) -> None:
    assert stamp(instant) == short
    assert rfc3339(instant) == long
    assert datetime.fromisoformat(rfc3339(instant)) == instant
