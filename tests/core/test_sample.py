"""One slot at a time: which class a value has, and whether it is good for recovery."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from stopwatch.core.sample import Samples, Slots, classify
from tests.core import oracle
from tests.core.cases import FIRST, to_core

INF, NAN = math.inf, math.nan
JUST_ABOVE, JUST_BELOW = math.nextafter(5, INF), math.nextafter(5, -INF)


def rule_of(combine: str, *conditions: oracle.Condition) -> oracle.Rule:
    return oracle.Rule(combine, conditions, 1, 1, 0, "missing", Fraction(0), 1, 5, 3)


def one_slot(rule: oracle.Rule, *columns: tuple[float, float | None]) -> tuple[str, str]:
    """Class and goodness of one slot; each column is the value and the volume of one condition."""
    samples = [Samples([value], None if volume is None else [volume]) for value, volume in columns]
    slots = classify(to_core(rule), FIRST, samples)
    assert slots.last == slots.first == FIRST
    return slots.classes.decode(), slots.good.decode()


@pytest.mark.parametrize(
    ("op", "value", "kind"),
    [
        pytest.param(">", 5.0, "C", id="above: the limit itself is clear"),
        pytest.param(">", JUST_ABOVE, "B", id="above: the next number breaches"),
        pytest.param(">=", 5.0, "B", id="at least: the limit itself breaches"),
        pytest.param(">=", JUST_BELOW, "C", id="at least: the number before is clear"),
        pytest.param("<", 5.0, "C", id="below: the limit itself is clear"),
        pytest.param("<", JUST_BELOW, "B", id="below: the number before breaches"),
        pytest.param("<=", 5.0, "B", id="at most: the limit itself breaches"),
        pytest.param("<=", JUST_ABOVE, "C", id="at most: the next number is clear"),
        pytest.param(">", INF, "B", id="plus infinity is a number above"),
        pytest.param(">", -INF, "C", id="minus infinity is a number not above"),
        pytest.param("<", -INF, "B", id="minus infinity is a number below"),
        pytest.param("<", INF, "C", id="plus infinity is a number not below"),
        pytest.param(">", NAN, "M", id="NaN is missing, above"),
        pytest.param("<=", NAN, "M", id="NaN is missing, at most"),
    ],
)
def test_a_value_beside_the_limit_five(op: str, value: float, kind: str) -> None:
    rule = rule_of("one", oracle.Condition(op, 5.0, 5.0))
    assert one_slot(rule, (value, None)) == (kind, {"B": "N", "C": "G", "M": "M"}[kind])


@pytest.mark.parametrize(
    ("value", "volume", "kind", "good"),
    [
        pytest.param(9.0, 50.0, "B", "N", id="exactly the minimum counts"),
        pytest.param(9.0, 49.0, "L", "M", id="breaching, one short of the minimum"),
        pytest.param(1.0, 49.0, "L", "M", id="clear, one short of the minimum"),
        pytest.param(1.0, 0.0, "L", "M", id="a quiet night"),
        pytest.param(9.0, NAN, "M", "M", id="the volume is absent"),
        pytest.param(9.0, INF, "B", "N", id="endless volume"),
        pytest.param(9.0, -INF, "L", "M", id="minus infinity is a number under the minimum"),
        pytest.param(NAN, 0.0, "L", "M", id="an empty night, at which a ratio is nothing over nothing"),
        pytest.param(NAN, 100.0, "M", "M", id="the value is absent"),
        pytest.param(NAN, NAN, "M", "M", id="both are absent"),
    ],
)
def test_a_volume_beside_the_minimum_fifty(value: float, volume: float, kind: str, good: str) -> None:
    rule = rule_of("one", oracle.Condition(">", 5.0, 5.0, volume_min=50.0))
    assert one_slot(rule, (value, volume)) == (kind, good)


def test_a_guard_without_any_volume_series_makes_every_slot_missing() -> None:
    rule = rule_of("one", oracle.Condition(">", 5.0, 5.0, volume_min=50.0))
    slots = classify(to_core(rule), FIRST, [Samples([9.0, 1.0, NAN])])
    assert (slots.classes, slots.good) == (b"MMM", b"MMM")


def test_a_volume_without_a_guard_is_not_looked_at() -> None:
    rule = rule_of("one", oracle.Condition(">", 5.0, 5.0))
    assert one_slot(rule, (9.0, 0.0)) == ("B", "N")


@pytest.mark.parametrize(
    ("op", "recover", "value", "kind", "good"),
    [
        pytest.param(">", 3.0, 4.0, "C", "N", id="clear but not good yet"),
        pytest.param(">", 3.0, 3.0, "C", "G", id="the recovery limit itself is good where the operator is strict"),
        pytest.param(">=", 3.0, 3.0, "C", "N", id="the recovery limit itself is not good where it is not"),
        pytest.param("<", 7.0, 6.0, "C", "N", id="clear but not good yet, downwards"),
        pytest.param("<", 7.0, 7.0, "C", "G", id="the recovery limit itself, downwards"),
        pytest.param(">", 3.0, 9.0, "B", "N", id="breaching is never good"),
    ],
)
def test_a_stricter_recovery_limit(op: str, recover: float, value: float, kind: str, good: str) -> None:
    assert one_slot(rule_of("one", oracle.Condition(op, 5.0, recover)), (value, None)) == (kind, good)


# B 9, b between the recovery limit 3 and the limit 5, C 1, M absent, L too little volume.
LETTERS: dict[str, tuple[float, float]] = {
    "B": (9.0, 100.0),
    "b": (4.0, 100.0),
    "C": (1.0, 100.0),
    "M": (NAN, 100.0),
    "L": (9.0, 1.0),
}


@pytest.mark.parametrize(
    ("conditions", "every", "some"),
    [
        pytest.param("BB", "BN", "BN", id="both breach"),
        pytest.param("BC", "CG", "BN", id="one breaches, one is clear"),
        pytest.param("CC", "CG", "CG", id="both are clear"),
        pytest.param("BM", "MM", "BN", id="one breaches, one is missing"),
        pytest.param("CM", "CG", "MM", id="one is clear, one is missing"),
        pytest.param("MM", "MM", "MM", id="both are missing"),
        pytest.param("BL", "LM", "BN", id="one breaches, one is low on volume"),
        pytest.param("LL", "LM", "LM", id="both are low on volume"),
        pytest.param("ML", "MM", "MM", id="only one of the missing is low on volume"),
        pytest.param("CL", "CG", "LM", id="one is clear, one is low on volume"),
        pytest.param("bb", "CN", "CN", id="both between the limits"),
        pytest.param("Bb", "CN", "BN", id="one breaches, one is between the limits"),
        pytest.param("bC", "CG", "CN", id="one between the limits, one clear"),
        pytest.param("bM", "CM", "MN", id="one between the limits, one missing"),
        pytest.param("BCM", "CG", "BN", id="one of each"),
        pytest.param("BBM", "MM", "BN", id="two breach, one is missing"),
    ],
)
def test_conditions_combine_as_kleene_says(conditions: str, every: str, some: str) -> None:
    columns = [LETTERS[letter] for letter in conditions]
    parts = [oracle.Condition(">", 5.0, 3.0, volume_min=50.0)] * len(columns)
    assert one_slot(rule_of("all", *parts), *columns) == tuple(every)
    assert one_slot(rule_of("any", *parts), *columns) == tuple(some)


def test_no_slots_end_before_they_begin() -> None:
    assert Slots(FIRST, b"", b"").last == FIRST - 1
