"""The tally of an observation window counts slots as they were classed and breaches as the daemon would fold them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.exit.stretch import Acquittal, Entered, Tally, tally
from stopwatch.core.kpi import KpiId, RuleId
from stopwatch.core.resolve import resolve
from stopwatch.core.rule import Combine, Criterion, Op, ResolvedRule, StopRule
from stopwatch.core.sample import Slots
from stopwatch.core.state import Change, fold, rearmed
from stopwatch.core.window import Window

T0 = datetime(2026, 11, 20, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FIRST = int(T0.timestamp()) // 60


def rule_of(m: int = 3, recover: int = 2) -> ResolvedRule:
    criterion = Criterion(KpiId("k"), Op.ABOVE, Decimal(5))
    return resolve(StopRule(RuleId("r"), Combine.ONE, (criterion,), Window(m, m), recover), {}, {})


def at(minute: int) -> datetime:
    return T0 + minute * MINUTE


def tallied(
    classes: str, *, before: str = "", armed: datetime | None = None, pardons: tuple[Acquittal, ...] = ()
) -> Tally:
    """Tally *classes*, minute by minute from T0 on, after the warm-up *before*."""
    raw = (before + classes).encode()
    slots = Slots(FIRST - len(before), raw, raw.translate(bytes.maketrans(b"BCML", b"NGMM")))
    return tally(rule_of(), slots, first=FIRST, armed_at=armed or at(-len(before)), acquittals=pardons)


def test_slots_are_counted_by_class_and_low_volume_lowers_no_coverage() -> None:
    found = tallied("CCBMLLLLCC")
    assert (found.slots, found.breaching, found.missing, found.low_volume, found.judged) == (10, 1, 1, 4, 5)
    assert (found.coverage, found.breaching_share, found.low_volume_share) == (5 / 6, 1 / 5, 0.4)
    assert (found.first, found.last) == (at(0), at(9))
    assert found.sha256 == hashlib.sha256(b"CCBMLLLLCC").hexdigest()


@pytest.mark.parametrize(
    ("classes", "coverage", "share", "low"),
    [
        pytest.param("LLLL", None, None, 1.0, id="a closed warehouse"),
        pytest.param("MMMM", 0.0, None, 0.0, id="a silent one"),
        pytest.param("", None, None, None, id="no slot yet"),
    ],
)
def test_shares_of_nothing_are_not_known(
    classes: str, coverage: float | None, share: float | None, low: float | None
) -> None:
    found = tallied(classes)
    assert (found.coverage, found.breaching_share, found.low_volume_share) == (coverage, share, low)


def test_an_entry_into_breached_is_one_breach_and_a_shorter_run_is_none() -> None:
    found = tallied("CBBCCBBBBCCC")
    assert found.entered == (Entered(at(5), at(7), at(10)),)
    assert found.longest == 4 * MINUTE
    assert tallied("CBBCCBBCC").entered == ()


def test_a_breach_that_began_before_the_window_counts_by_its_real_history() -> None:
    assert tallied("BCCC", before="CCCBB").entered == (Entered(at(-2), at(0), at(2)),)
    assert tallied("BCCC", before="BBBB").entered == (Entered(at(-4), at(-2), at(2)),)


def test_a_breach_that_was_over_before_the_window_is_none_of_it() -> None:
    assert tallied("CCC", before="BBBCCC").entered == ()


def test_what_lies_before_the_activation_does_not_count() -> None:
    assert tallied("BCCC", before="BBBB", armed=at(-1)).entered == ()


def test_a_rule_without_data_is_blind_and_one_with_low_volume_is_not() -> None:
    assert tallied("CCCMMMMMCCC").blind[-1] == at(7)
    assert tallied("CCCLLLLLCCC").blind == ()


def test_a_false_alarm_is_set_aside_and_begins_the_rule_afresh() -> None:
    pardon = Acquittal("d", at(3), at(6) + timedelta(seconds=30))
    found = tallied("CBBBBBBBBBCC", pardons=(pardon,))
    assert found.entered == (Entered(at(1), at(3), pardon.ended_at, "d"), Entered(at(7), at(9), at(11)))
    assert found.breaches == found.entered[1:]


def test_breaching_slots_of_a_false_alarm_do_not_count_into_the_share() -> None:
    pardon = Acquittal("d", at(3), at(5))
    found = tallied("CBBBBCCCCBC", pardons=(pardon,))
    assert (found.breaching, found.acquitted, found.breaching_share, found.breaches) == (5, 4, 1 / 11, ())


def test_a_later_breach_is_not_excused_by_an_earlier_false_alarm() -> None:
    pardon = Acquittal("d", at(3), at(5))
    found = tallied("CBBBBCCCBBBBCCC", pardons=(pardon,))
    assert [entry.acquitted for entry in found.entered] == ["d", None]


@given(classes=st.text("BCML", min_size=1, max_size=60), cut=st.integers(0, 20))
def test_every_breach_the_daemon_would_have_found_is_found_and_no_other(classes: str, cut: int) -> None:
    """Whatever of the past lies before the window, and however it is warmed up from."""
    raw = classes.encode()
    slots = Slots(FIRST, raw, raw.translate(bytes.maketrans(b"BCML", b"NGMM")))
    first = FIRST + min(cut, len(classes) - 1)
    _state, events = fold(rule_of(), rearmed(T0), slots, start=FIRST)
    opened = [event.at for event in events if event.change is Change.OPENED]
    recovered = {event.opened_at: event.at for event in events if event.change is Change.RECOVERED}
    begin = rule_of().grid.instant(first)
    found = tally(rule_of(), slots, first=first, armed_at=T0)
    assert [(one.opened_at, one.recovered_at) for one in found.entered] == [
        (instant, recovered.get(instant)) for instant in opened if recovered.get(instant, begin) >= begin
    ]
    assert found.judged + found.low_volume + found.missing == found.slots == len(classes) - (first - FIRST)
