"""The clock of a roll-back: what verifies it, what flags it, and that only the data count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.baseline_comparison import Band
from stopwatch.core.grid import Grid
from stopwatch.core.kpi import Better
from stopwatch.core.rollback_clock import ClockTerms, Outcome, RollbackClock, letters, run_clock
from stopwatch.core.rollback_wire import clock_json, clock_of

MINUTE = timedelta(minutes=1)
GRID = Grid(MINUTE)
BACK = datetime(2026, 11, 21, 10, 0, 20, tzinfo=UTC)
"""Twenty seconds after a slot: the first one that counts is that of 10:01."""
TERMS = ClockTerms(BACK, hold=3 * MINUTE, within=10 * MINUTE)


def minute(count: int) -> datetime:
    return datetime(2026, 11, 21, 10, count, tzinfo=UTC)


@pytest.mark.parametrize(
    ("classes", "outcome", "at"),
    [
        pytest.param(b"IIII", Outcome.VERIFIED, 4, id="inside from the first slot on: three minutes, four slots"),
        pytest.param(b"III", None, 0, id="one slot short"),
        pytest.param(b"OOIIIIOO", Outcome.VERIFIED, 6, id="what comes later does not count"),
        pytest.param(b"IIMIIII", Outcome.VERIFIED, 7, id="a missing slot ends the run"),
        pytest.param(b"IIMIMIMIMI", Outcome.FLAGGED, 10, id="missing slots never count as inside"),
        pytest.param(b"MMMMMMMMMM", Outcome.FLAGGED, 10, id="nothing seen"),
        pytest.param(b"OOOOOOIIII", Outcome.VERIFIED, 10, id="in the last slot within the time"),
        pytest.param(b"OOOOOOOIIIIII", Outcome.FLAGGED, 10, id="a slot too late, whatever comes after"),
        pytest.param(b"OOOOOOOII", None, 0, id="the time is not over"),
        pytest.param(b"", None, 0, id="no slot yet"),
    ],
)
def test_ten_minutes_to_be_inside_for_three(classes: bytes, outcome: Outcome | None, at: int) -> None:
    _clock, verdict = run_clock(TERMS, GRID, classes)
    if outcome is None:
        assert verdict is None
    else:
        assert verdict is not None
        assert (verdict.outcome, verdict.at) == (outcome, minute(at))


@pytest.mark.parametrize(
    ("failed", "outcome", "at"),
    [
        pytest.param(minute(3), Outcome.FLAGGED, minute(3), id="before it was verified"),
        pytest.param(minute(4), Outcome.FLAGGED, minute(4), id="at the very slot"),
        pytest.param(minute(5), Outcome.VERIFIED, minute(4), id="afterwards"),
        pytest.param(minute(2) + timedelta(seconds=7), Outcome.FLAGGED, minute(2) + timedelta(seconds=7), id="by hand"),
    ],
)
def test_a_new_ground_fails_it_only_before_it_is_verified(failed: datetime, outcome: Outcome, at: datetime) -> None:
    _clock, verdict = run_clock(TERMS, GRID, b"IIIII", failed=(failed, "5xx@x"))
    assert verdict is not None
    assert (verdict.outcome, verdict.at) == (outcome, at)
    assert (verdict.reason == "a new ground opened: 5xx@x") is (outcome is Outcome.FLAGGED)


@given(st.binary(max_size=14).map(lambda raw: bytes(b"IOM"[byte % 3] for byte in raw)), st.integers(0, 14))
def test_more_slots_never_change_a_verdict(classes: bytes, known: int) -> None:
    _clock, early = run_clock(TERMS, GRID, classes[:known])
    _clock, late = run_clock(TERMS, GRID, classes)
    assert early is None or early == late


def test_how_it_stands_is_said_in_words() -> None:
    clock, _verdict = run_clock(ClockTerms(BACK, 30 * MINUTE, 120 * MINUTE), GRID, b"OO" + b"I" * 13)
    assert (clock.words, clock.until) == ("inside the band for 12 of 30 min", BACK + 120 * MINUTE)
    assert run_clock(TERMS, GRID, b"IO")[0].words == "outside the band, or not seen"
    assert run_clock(TERMS, GRID, b"")[0].words == "no slot after the roll-back was looked at yet"
    assert RollbackClock(timedelta(seconds=9), BACK, BACK, BACK - timedelta(seconds=4)).words == (
        "inside the band for 4 of 9 s"
    )


def test_both_verdicts_say_why() -> None:
    verified, flagged = run_clock(TERMS, GRID, b"IIII")[1], run_clock(TERMS, GRID, b"OOOOOOOOII")[1]
    assert verified is not None
    assert flagged is not None
    assert verified.reason == "every required KPI was inside the band from 2026-11-21 10:01 to 2026-11-21 10:04 UTC"
    assert flagged.reason == (
        "the KPIs were not inside the band for 3 min by 2026-11-21 10:10:20 UTC: inside the band for 1 of 3 min"
    )


def test_a_card_is_renewed_when_its_words_would_change_and_not_at_every_slot() -> None:
    terms = ClockTerms(BACK, 60 * MINUTE, 240 * MINUTE)
    clocks = [run_clock(terms, GRID, b"O" + b"I" * count)[0] for count in range(1, 30)]
    told = [clock for before, clock in pairwise(clocks) if not clock.alike(before)]
    assert len(told) == 4
    assert not clocks[0].alike(None)
    assert not clocks[0].alike(run_clock(terms, GRID, b"OIO")[0])


@pytest.mark.parametrize(
    ("values", "letter"),
    [
        pytest.param((1.2, 10.0), b"I", id="both inside"),
        pytest.param((1.3, 10.0), b"O", id="one outside"),
        pytest.param((1.2, nan), b"M", id="one missing"),
        pytest.param((nan, 9.0), b"O", id="one missing and one outside"),
    ],
)
def test_a_slot_is_inside_only_with_every_kpi(values: tuple[float, float], letter: bytes) -> None:
    bands = [Band(Better.LOWER, 1.2), Band(Better.HIGHER, 10.0)]
    assert letters(bands, [[values[0]], [values[1]]]) == letter


def test_a_clock_reads_back_as_it_was_written() -> None:
    for classes in (b"", b"O", b"OII"):
        clock, _verdict = run_clock(TERMS, GRID, classes)
        assert clock_of(clock_json(clock)) == clock
