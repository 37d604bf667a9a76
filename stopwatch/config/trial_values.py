"""What a test file says, as values: one test with its sites, their columns of values, and its expectations."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.config.source import Place
    from stopwatch.core.kpi import KpiId, RuleId, SiteId
    from stopwatch.core.rule import Statistic, StopRule
    from stopwatch.core.sample import Absence
    from stopwatch.core.state import Reported


@dataclass(frozen=True, slots=True)
class Expectation:
    """
    What is to be seen of a rule after slot *slot*; *checks* names which of ``state``, ``since``, ``reason`` count.

    *states* are the allowed ones, *since* is ``pending_since`` counted from slot 0, *reason* why data are missing.
    """

    site: SiteId
    rule: RuleId
    at: timedelta
    slot: int
    line: int
    checks: frozenset[str]
    states: tuple[Reported, ...] = ()
    since: timedelta | None = None
    reason: Absence | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A slot at which a rule opened or recovered."""

    site: SiteId
    rule: RuleId
    at: timedelta
    slot: int
    line: int


@dataclass(frozen=True, slots=True)
class SiteTrial:
    """
    One site of a test, its failed evaluations taken out of its series.

    *values* and *volumes* hold one value a slot, NaN where missing, and may end before the test does. ``failures[i]``
    counts the failed evaluations just before slot i, the last entry those after everything.
    """

    site: SiteId
    rules: tuple[StopRule, ...]
    values: Mapping[KpiId, tuple[float, ...]]
    volumes: Mapping[KpiId, tuple[float, ...]]
    failures: tuple[int, ...]
    baselines: Mapping[tuple[KpiId, Statistic], float]


@dataclass(frozen=True, slots=True)
class InputSeries:
    """A raw series: its labels with the metric under ``__name__``, and its values, NaN where there is no sample."""

    labels: Mapping[str, str]
    values: tuple[float, ...]
    place: Place = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Inputs:
    """
    The raw series of a test: value i at i·*interval* from slot 0.

    *labels* maps the value of the site label to the site, for every site of the test. At a site, queries are run for
    the KPIs of which it has neither values nor volumes.
    """

    series: tuple[InputSeries, ...]
    interval: timedelta
    labels: Mapping[str, SiteId]
    place: Place = field(compare=False, repr=False)

    @property
    def span(self) -> timedelta:
        """How long after slot 0 the last value lies."""
        return self.interval * max(0, max((len(one.values) for one in self.series), default=0) - 1)


@dataclass(frozen=True, slots=True)
class Trial:
    """
    One test: *length* slots at every site, slot 0 at instant 0, each rule on its own grid.

    *activated* is the go-live, counted from slot 0. *opens* and *closes* are complete lists, None where not given. With
    *inputs* there may be more slots, see `slots`.
    """

    name: str
    line: int
    length: int
    activated: timedelta
    sites: tuple[SiteTrial, ...]
    expect: tuple[Expectation, ...] = ()
    opens: tuple[Entry, ...] | None = None
    closes: tuple[Entry, ...] | None = None
    inputs: Inputs | None = None

    def slots(self, step: timedelta) -> int:
        """Return how many slots a rule of *step* has: as many as there are values, or instants up to the last input."""
        return slots_of(self.length, self.inputs, step)


def slots_of(length: int, inputs: Inputs | None, step: timedelta) -> int:
    """Return the slots of a rule of *step* in a test of *length* values with *inputs*."""
    return length if inputs is None else max(length, inputs.span // step + 1)
