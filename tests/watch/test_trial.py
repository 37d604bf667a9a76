"""Tests of stop rules run through the core: what they find is what a second reading of the rules finds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from stopwatch.core.kpi import RuleId
from stopwatch.core.rule import BaselineThreshold, Criterion, FixedVolume, Op, Statistic, StopRule
from stopwatch.core.sample import Absence
from stopwatch.watch.trial.run import run_site
from tests.watch.told import MINUTE, R, Told, V, course, letters, spelt, stop_rule


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


@pytest.mark.parametrize("slots", ["CEEECEEECC", "CCCEEEC"])
def test_failures_before_the_go_live_are_nobodys_error(slots: str) -> None:
    assert spelt(course(stop_rule(), slots, activated=3 * MINUTE)) == "oooo"


def test_a_reason_is_given_only_where_the_state_is_no_data() -> None:
    found = course(stop_rule(), "BBBMMMMM")
    assert (spelt(found), found.moments[7].reason) == ("ppBBBBBB", None)


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
