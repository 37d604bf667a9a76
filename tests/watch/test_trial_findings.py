"""What a test of stop rules expected is met, or found with its slot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.sample import Absence
from stopwatch.core.state import Reported
from stopwatch.watch.trial.findings import Kind, run_trial
from tests.watch.told import MINUTE, A, R, Told, V, letters, stop_rule


@dataclass(frozen=True, slots=True)
class Wish:
    """One expectation, or one opening or recovery."""

    slot: int
    states: tuple[Reported, ...] = ()
    since: timedelta | None = None
    reason: Absence | None = None
    checks: frozenset[str] = frozenset()
    site: SiteId = A
    rule: RuleId = R
    line: int = 1

    @property
    def at(self) -> timedelta:
        return self.slot * MINUTE


@dataclass(frozen=True, slots=True)
class Trial:
    sites: Sequence[Told]
    expect: Sequence[Wish] = ()
    opens: Sequence[Wish] | None = None
    closes: Sequence[Wish] | None = None
    length: int = 8
    activated: timedelta = timedelta(0)


BREACHED = Told([stop_rule()], {V: letters("CBBBCCCC")[0]})
STATE, SINCE, REASON = frozenset({"state"}), frozenset({"since"}), frozenset({"reason"})


@pytest.mark.parametrize(
    ("wish", "met"),
    [
        pytest.param(Wish(3, (Reported.BREACHED,), checks=STATE), True, id="the state"),
        pytest.param(Wish(3, (Reported.OK, Reported.PENDING), checks=STATE), False, id="none of the states"),
        pytest.param(Wish(4, (Reported.OK, Reported.RECOVERING), checks=STATE), True, id="one of the states"),
        pytest.param(Wish(4, since=MINUTE, checks=SINCE), True, id="pending since is kept while breached"),
        pytest.param(Wish(3, since=2 * MINUTE, checks=SINCE), False, id="another since"),
        pytest.param(Wish(3, since=None, checks=SINCE), False, id="no since expected"),
        pytest.param(Wish(5, since=None, checks=SINCE), True, id="no since after recovery"),
        pytest.param(Wish(3, reason=None, checks=REASON), True, id="no reason"),
        pytest.param(Wish(3, reason=Absence.MISSING, checks=REASON), False, id="a reason expected"),
    ],
)
def test_an_expectation_is_met_or_found(wish: Wish, *, met: bool) -> None:
    found = run_trial(Trial([BREACHED], expect=[wish]), {})
    assert [one.kind for one in found] == ([] if met else [Kind.EXPECT])


@pytest.mark.parametrize(
    ("opens", "closes", "found"),
    [
        pytest.param(None, None, [], id="not given"),
        pytest.param([3], [5], [], id="complete"),
        pytest.param([], [], [("opens", 3, False), ("closes", 5, False)], id="not listed"),
        pytest.param([2], None, [("opens", 2, True), ("opens", 3, False)], id="at another slot"),
        pytest.param([3, 5], None, [("opens", 5, True)], id="one too many"),
        pytest.param(None, [4, 5], [("closes", 4, True)], id="a recovery too many"),
    ],
)
def test_openings_and_recoveries_are_complete_when_given(
    opens: list[int] | None, closes: list[int] | None, found: list[tuple[str, int, bool]]
) -> None:
    told = Trial(
        [BREACHED],
        opens=None if opens is None else [Wish(slot) for slot in opens],
        closes=None if closes is None else [Wish(slot) for slot in closes],
    )
    assert [(one.kind.value, one.slot, one.expected is not None) for one in run_trial(told, {})] == found


def test_an_opening_at_any_site_of_the_test_must_be_listed() -> None:
    other = replace(BREACHED, site=SiteId("b"))
    found = run_trial(Trial([BREACHED, other], opens=[Wish(3)]), {})
    assert [(one.site, one.slot) for one in found] == [("b", 3)]
