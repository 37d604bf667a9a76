"""Tests of stop rules run through the core: what they find is what a second reading of the rules finds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.core.kpi import KpiId, RuleId, SiteId
from stopwatch.core.rule import BaselineThreshold, Combine, Criterion, FixedVolume, Op, Statistic, StopRule
from stopwatch.core.sample import Absence
from stopwatch.core.state import Reported
from stopwatch.core.window import Missing, Window
from stopwatch.watch.trial import Course, run_site
from stopwatch.watch.trial_findings import Kind, run_trial
from tests.core import oracle
from tests.core.cases import Case, cases

V, R, A = KpiId("v"), RuleId("r"), SiteId("a")
MINUTE = timedelta(minutes=1)
LETTERS = {"B": 9.0, "C": 1.0, "M": math.nan}
NAMES = {
    Reported.OK: "o",
    Reported.PENDING: "p",
    Reported.BREACHED: "B",
    Reported.RECOVERING: "r",
    Reported.NO_DATA: "n",
    Reported.ERROR: "e",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One site as a test file would tell it."""

    rules: Sequence[StopRule]
    values: Mapping[KpiId, Sequence[float]] = field(default_factory=dict)
    volumes: Mapping[KpiId, Sequence[float]] = field(default_factory=dict)
    failures: Sequence[int] = ()
    baselines: Mapping[tuple[KpiId, Statistic], float] = field(default_factory=dict)
    site: SiteId = A


def stop_rule(**changes: object) -> StopRule:
    """``v > 5`` in three slots of three, judged every minute, with *changes* to any field."""
    criterion = Criterion(V, Op.ABOVE, Decimal(5))
    rule = StopRule(R, Combine.ONE, (criterion,), Window(3, 3), recover_slots=2, error_after=2)
    return replace(rule, **changes)  # type: ignore[arg-type] # field names are checked by replace itself


def letters(text: str) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Read B, C and M as values; E is a failed evaluation before the next of them."""
    failures, values = [0], []
    for letter in text:
        if letter == "E":
            failures[-1] += 1
        else:
            values.append(LETTERS[letter])
            failures.append(0)
    return tuple(values), tuple(failures)


def course(rule: StopRule, text: str, *, activated: timedelta = timedelta(0), length: int | None = None) -> Course:
    """Run *rule* over the slots that *text* spells."""
    values, failures = letters(text)
    slots = len(values) if length is None else length
    told = Told([rule], {V: values}, failures=failures)
    return run_site(told, length=slots, activated=activated, kpis={}, wanted={R: range(slots)})[R]


def spelt(found: Course) -> str:
    """One letter a slot: o(k) p(ending) B(reached) r(ecovering) n(o data) e(rror)."""
    return "".join(NAMES[found.moments[slot].state] for slot in sorted(found.moments))


@pytest.mark.parametrize(
    ("slots", "states"),
    [
        pytest.param("CBBB", "oppB", id="a breach that held"),
        pytest.param("CBBBCC", "oppBro", id="and recovered"),
        pytest.param("CBBBCBCC", "oppBrBro", id="flapping before it recovers"),
        pytest.param("CBCBCB", "opopop", id="flapping without a breach"),
        pytest.param("CCEC", "ooo", id="one failed evaluation"),
        pytest.param("CCEECC", "oeoo", id="failures after a slot belong to it, the next success ends the error"),
        pytest.param("CCEE", "oe", id="failures at the end belong to the last slot"),
        pytest.param("EECC", "oo", id="failures before slot 0 are over when it comes"),
        pytest.param("CECECEC", "oooo", id="failures not in a row"),
        pytest.param("CBEEBB", "oepB", id="failures consume no slot and change no condition"),
        pytest.param("BBBEEEB", "ppBB", id="breached outranks error"),
        pytest.param("CCMMMMM", "oooooon", id="data go missing"),
    ],
)
def test_states_follow_slots_and_failed_evaluations(slots: str, states: str) -> None:
    assert spelt(course(stop_rule(), slots)) == states


def test_a_series_that_ends_is_missing_to_the_end_of_the_test() -> None:
    found = course(stop_rule(), "CCC", length=9)
    assert (found.classes, spelt(found)[-1]) == ("CCCMMMMMM", "n")
    assert found.moments[8].reason is Absence.MISSING


def test_slots_before_activation_do_not_exist() -> None:
    found = course(stop_rule(), "BBBBBB", activated=2 * MINUTE)
    assert (spelt(found), found.opened, found.first) == ("ooppBB", [4], 2)
    assert found.moments[4].since == 2 * MINUTE


def test_an_activation_between_slots_counts_from_the_next_one() -> None:
    assert course(stop_rule(), "BBBBBB", activated=timedelta(seconds=61)).opened == [4]


def test_settling_comes_after_the_activation() -> None:
    found = course(stop_rule(settle=MINUTE), "BBBBBB", activated=MINUTE)
    assert (found.first, found.opened) == (2, [4])


def test_failures_before_the_go_live_are_nobodys_error() -> None:
    assert spelt(course(stop_rule(), "CEEECEEECC", activated=3 * MINUTE)) == "oooo"


def test_failures_while_settling_are_an_error() -> None:
    assert spelt(course(stop_rule(settle=5 * MINUTE), "CCEEECC")) == "oeoo"


def test_each_rule_has_the_values_on_its_own_grid() -> None:
    slow = stop_rule(id=RuleId("slow"), step=5 * MINUTE)
    values, failures = letters("CBBB")
    wanted = {R: [3], RuleId("slow"): [3]}
    told = Told([stop_rule(), slow], {V: values}, failures=failures)
    found = run_site(told, length=4, activated=timedelta(0), kpis={}, wanted=wanted)
    assert [one.moments[3].since for one in found.values()] == [MINUTE, 5 * MINUTE]


def guarded() -> StopRule:
    return stop_rule(criteria=(Criterion(V, Op.ABOVE, Decimal(5), volume=FixedVolume(Decimal(50))),))


@pytest.mark.parametrize(
    ("volumes", "classes", "reason"),
    [
        pytest.param([100.0] * 4, "BBBB", None, id="enough"),
        pytest.param([50.0, 49.0, 49.0, 49.0], "BLLL", Absence.LOW_VOLUME, id="too few"),
        pytest.param([100.0], "BMMM", Absence.MISSING, id="the volume series ended"),
        pytest.param([], "MMMM", Absence.MISSING, id="no volume series"),
    ],
)
def test_the_volume_guard_reads_the_volume_series(volumes: list[float], classes: str, reason: Absence | None) -> None:
    told = Told([guarded()], {V: (9.0,) * 4}, {V: volumes})
    found = run_site(told, length=4, activated=timedelta(0), kpis={}, wanted={R: [3]})[R]
    assert (found.classes, found.moments[3].reason) == (classes, reason)


def relative() -> StopRule:
    limit = BaselineThreshold(Statistic.P90, Decimal("1.5"))
    return stop_rule(criteria=(Criterion(V, Op.ABOVE, limit),), error_after=3)


@pytest.mark.parametrize(
    ("slots", "states"),
    [
        pytest.param("BBBBB", "ooeee", id="every slot is a failed evaluation"),
        pytest.param("BEBBB", "oeee", id="written failures count as well"),
        pytest.param("EEBB", "ee", id="also before slot 0"),
    ],
)
def test_without_its_baseline_a_rule_fails_at_every_slot(slots: str, states: str) -> None:
    found = course(relative(), slots)
    assert (spelt(found), found.classes, found.opened) == (states, "", [])
    assert found.unresolved is not None


def test_a_baseline_resolves_the_limit_of_its_site() -> None:
    told = Told([relative()], {V: (9.0, 9.0, 9.0)}, baselines={(V, Statistic.P90): 5.0})
    found = run_site(told, length=3, activated=timedelta(0), kpis={}, wanted={})
    assert found[R].opened == [2]


# ------------------------------------------------------------------------------------------------------ findings


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


# ------------------------------------------------------------------------------------------------------- oracle


def told_of(case: Case, failures: list[int]) -> Told:
    """Tell a drawn case as a test file would: one KPI per condition."""
    criteria = tuple(
        Criterion(
            KpiId(f"k{number}"),
            Op(one.op),
            Decimal(one.threshold),
            Decimal(one.recover),
            None if one.volume_min is None else FixedVolume(Decimal(one.volume_min)),
        )
        for number, one in enumerate(case.rule.conditions)
    )
    rule, drawn = case.rule, case.resolved().written
    window = Window(rule.n, rule.m, rule.extra, Missing(rule.policy), float(rule.coverage))
    written = replace(drawn, criteria=criteria, window=window, id=R)
    values = {KpiId(f"k{number}"): series for number, series in enumerate(case.values)}
    volumes = {KpiId(f"k{number}"): series for number, series in enumerate(case.volumes)}
    return Told([written], values, volumes, failures)


@settings(max_examples=300)
@given(cases(), st.lists(st.sampled_from([0, 0, 0, 1, 2, 5]), max_size=31))
def test_generated_tests_end_as_the_oracle_says(case: Case, drawn: list[int]) -> None:
    length, step = len(case), timedelta(seconds=case.step_seconds)
    failures = (drawn + [0] * (length + 1))[: length + 1]
    settle = timedelta(seconds=case.settle_seconds)
    activated = max(timedelta(0), case.armed * step - settle)
    armed, live = -(-(activated + settle) // step), -(-activated // step)
    told = told_of(case, failures)
    found = run_site(told, length=length, activated=activated, kpis={}, wanted={R: range(length)})[R]
    classes = oracle.breach_classes(case.rule, case.values, case.volumes)
    goods = oracle.good_classes(case.rule, case.values, case.volumes)
    assert found.classes == "".join(classes)
    after, events = oracle.State(), []
    for slot in range(length):
        after, _, event = oracle.step(case.rule, after, classes, goods, slot, armed)
        if event is not None:
            events.append((slot, event))
        after = replace(after, failures=failures[slot + 1])
        moment = found.moments[slot]
        assert moment.state.value == (oracle.reported(case.rule, after) if slot >= live else "ok")
        assert moment.since == (None if after.since is None else after.since * step)
    assert [slot for slot, event in events if event == "opened"] == found.opened
    assert [slot for slot, event in events if event == "recovered"] == found.recovered
