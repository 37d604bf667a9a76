"""Drawn rules and series, told to the oracle and to the core alike."""

from __future__ import annotations

import math
import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from typing import Protocol, TypeVar

import pytest
from hypothesis import strategies as st

from stopwatch.core import rule as core_rule
from stopwatch.core import sample, state, verdict
from stopwatch.core.grid import Grid
from stopwatch.core.kpi import KpiId, RuleId
from stopwatch.core.window import Missing, Window
from tests.core import oracle

EXAMPLES = int(os.environ.get("CORE_EXAMPLES", "400"))
"""How many drawn cases a property is tried on; the search for surviving mutants asks for fewer."""
T = TypeVar("T")
FIRST = 29_400_000
"""The slot of the first value; every index of a case is counted from here."""

# One letter is one slot, a capital three in a row. The limits lie around 5, so that 4, 5 and 6 are close calls.
VALUES = {
    "a": 1.0,
    "b": 9.0,
    "c": 4.0,
    "d": 5.0,
    "e": 6.0,
    "f": math.nextafter(5.0, math.inf),
    "g": math.nextafter(5.0, -math.inf),
    "i": math.inf,
    "j": -math.inf,
    "n": math.nan,
}
VOLUMES = {"a": 100.0, "b": 50.0, "c": 49.0, "d": 0.0, "n": math.nan, "i": math.inf}
SERIES, GUARDS = "ABCNabnABNabcdefgijn", "ABCNAAabcdni"
LONGEST = 30
RECOVER = {">": (5.0, 4.0, 1.0), ">=": (5.0, 4.0, 1.0), "<": (5.0, 6.0, 9.0), "<=": (5.0, 6.0, 9.0)}


@dataclass(frozen=True, slots=True)
class Case:
    """
    One rule at one site with all its data, as the oracle sees it.

    *values* and *volumes* hold one list per condition. Slots are counted from the first value: *armed* is the
    activation slot, *start* the first slot to fold.
    """

    rule: oracle.Rule
    values: list[list[float]]
    volumes: list[list[float]]
    armed: int
    start: int
    step_seconds: int = 60
    settle_seconds: int = 0
    early_seconds: int = 0

    def __len__(self) -> int:
        return len(self.values[0])

    @property
    def grid(self) -> Grid:
        return grid_of(self.step_seconds)

    def instant(self, slot: int | None) -> datetime | None:
        """The instant of a slot of this case."""
        return None if slot is None else self.grid.instant(FIRST + slot)

    @property
    def armed_at(self) -> datetime:
        """An instant whose activation slot is *armed*: up to one step early, and earlier by the settling time."""
        early = timedelta(seconds=self.early_seconds + self.settle_seconds)
        return self.grid.instant(FIRST + self.armed) - early

    def resolved(self) -> core_rule.ResolvedRule:
        """The rule as the core knows it."""
        return to_core(self.rule, self.step_seconds, self.settle_seconds)

    def samples(self, first: int = 0) -> list[sample.Samples]:
        """The data from index *first* on as the core reads them."""
        return [
            sample.Samples(values[first:], None if condition.volume_min is None else volumes[first:])
            for condition, values, volumes in zip(self.rule.conditions, self.values, self.volumes, strict=True)
        ]

    def slots(self, first: int = 0, end: int | None = None) -> sample.Slots:
        """The core's classes of the slots *first* … *end* − 1, as if read in one request."""
        whole = sample.classify(self.resolved(), FIRST + first, self.samples(first))
        length = None if end is None else end - first
        return sample.Slots(whole.first, whole.classes[:length], whole.good[:length])


@lru_cache
def grid_of(step_seconds: int) -> Grid:
    """The grid of a step; there are only a few."""
    return Grid(timedelta(seconds=step_seconds))


@lru_cache(maxsize=16)
def to_core(rule: oracle.Rule, step_seconds: int = 60, settle_seconds: int = 0) -> core_rule.ResolvedRule:
    """Translate the oracle's rule."""
    written = core_rule.StopRule(
        id=RuleId("r"),
        combine=core_rule.Combine(rule.combine),
        criteria=(),
        window=to_window(rule),
        recover_slots=rule.recover_n,
        step=timedelta(seconds=step_seconds),
        stale_after=rule.stale_after,
        error_after=rule.error_after,
        settle=timedelta(seconds=settle_seconds),
    )
    limits = tuple(
        core_rule.Limit(KpiId("k"), core_rule.Op(c.op), c.threshold, c.recover, c.volume_min) for c in rule.conditions
    )
    return core_rule.ResolvedRule(written, limits)


def to_window(rule: oracle.Rule) -> Window:
    """Translate the window alone."""
    return Window(rule.n, rule.m, rule.extra, Missing(rule.policy), float(rule.coverage))


def in_core(case: Case, after: oracle.State) -> state.RuleState:
    """Translate the oracle's state."""
    return state.RuleState(
        armed_at=case.armed_at,
        condition=state.Condition(after.condition),
        pending_since=case.instant(after.since),
        opened_at=case.instant(after.opened),
        no_data=None if after.no_data is None else sample.Absence(after.no_data),
        failures=after.failures,
    )


def numbers(found: verdict.Verdict) -> oracle.Verdict:
    """Translate the core's verdict."""
    return oracle.Verdict(found.outcome.value, found.low, found.high, found.used, found.expected)


def spelled(text: str, alphabet: dict[str, float], length: int | None = None) -> list[float]:
    """Read one letter as one slot, a capital as three; a series shorter than *length* ends in missing slots."""
    found: list[float] = []
    for letter in text:
        found.extend([alphabet[letter.lower()]] * (3 if letter.isupper() else 1))
    if length is None:
        return found
    return found[:length] + [math.nan] * (length - len(found))


class Chance(Protocol):
    """Where what is drawn comes from."""

    def pick(self, among: Sequence[T]) -> T:
        """Return one of *among*."""

    def number(self, least: int, most: int) -> int:
        """Return a whole number, both ends included."""

    def text(self, letters: str, least: int, most: int) -> str:
        """Return a text of *letters*, so long at least and at most."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Hypothesis decides: it tries odd cases first and makes what fails small."""

    draw: st.DrawFn

    def pick(self, among: Sequence[T]) -> T:
        return self.draw(st.sampled_from(among))

    def number(self, least: int, most: int) -> int:
        return self.draw(st.integers(least, most))

    def text(self, letters: str, least: int, most: int) -> str:
        return self.draw(st.text(letters, min_size=least, max_size=most))


class Dice:
    """Dice decide, four times as fast; the seed gives a case back."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def pick(self, among: Sequence[T]) -> T:
        return self._random.choice(among)

    def number(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def text(self, letters: str, least: int, most: int) -> str:
        return "".join(self._random.choices(letters, k=self._random.randint(least, most)))


def a_condition(chance: Chance) -> oracle.Condition:
    """One condition with limits around 5 and perhaps a volume guard."""
    op = chance.pick((">", ">=", "<", "<="))
    guard = chance.pick((None, None, 50.0))
    return oracle.Condition(op, 5.0, chance.pick(RECOVER[op]), guard)


def a_rule(chance: Chance, policies: Sequence[str] = tuple(Missing)) -> oracle.Rule:
    """A rule: small windows, so that every branch is met often."""
    combine = chance.pick(("one", "one", "all", "any"))
    n = chance.number(1, 7)
    hundredths = chance.pick((0, 34, 50, 67, 75, 80, 80, 100))
    return oracle.Rule(
        combine=combine,
        conditions=tuple(a_condition(chance) for _ in range(1 if combine == "one" else chance.number(1, 3))),
        n=n,
        m=n - chance.number(0, n - 1),
        extra=chance.number(0, 4),
        policy=str(chance.pick(policies)),
        coverage=Fraction(hundredths, 100),
        recover_n=chance.number(1, 5),
        stale_after=chance.number(1, 8),
        error_after=chance.number(1, 4),
    )


def a_case(chance: Chance, policies: Sequence[str] = tuple(Missing)) -> Case:
    """A rule with data, an activation and where the folding begins (as after a long outage, perhaps late)."""
    rule = a_rule(chance, policies)
    values = [spelled(chance.text(SERIES, 1, LONGEST), VALUES)]
    length = len(values[0])
    values.extend(spelled(chance.text(SERIES, 1, LONGEST), VALUES, length) for _ in rule.conditions[1:])
    volumes = [
        [math.nan] * length
        if condition.volume_min is None
        else spelled(chance.text(GUARDS, 1, LONGEST), VOLUMES, length)
        for condition in rule.conditions
    ]
    armed = chance.pick((0, 0, chance.number(0, length)))
    step_seconds = chance.pick((1, 60, 3600))
    return Case(
        rule=rule,
        values=values,
        volumes=volumes,
        armed=armed,
        start=chance.pick((0, armed, chance.number(0, length))),
        step_seconds=step_seconds,
        settle_seconds=chance.pick((0, 0, 90)),
        early_seconds=chance.number(0, step_seconds - 1),
    )


@st.composite
def rules(draw: st.DrawFn, policies: Sequence[str] = tuple(Missing)) -> oracle.Rule:
    """Draw a rule."""
    return a_rule(Drawn(draw), policies)


@st.composite
def cases(draw: st.DrawFn, policies: Sequence[str] = tuple(Missing)) -> Case:
    """Draw a rule with its data."""
    return a_case(Drawn(draw), policies)


A_HUNDRED_THOUSAND = [
    pytest.param(range(first, first + 25_000), id=f"part {number} of 4")
    for number, first in enumerate(range(0, 100_000, 25_000), start=1)
]
"""Seeds, in parts that workers share."""


def for_many(agrees: Callable[[Dice], None], seeds: range) -> None:
    """
    Roll the dice from each of the *seeds* and let *agrees* look.

    Raises:
        AssertionError: The seed of the first case that it does not agree with, and why.

    """
    for seed in seeds:
        try:
            agrees(Dice(seed))
        except AssertionError as disagreed:
            raise AssertionError(f"Dice({seed}) rolls a case that disagrees: {disagreed}") from disagreed
