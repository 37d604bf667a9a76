"""What a test file says, as values: one test with its sites, their columns of values, and its expectations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

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
class Trial:
    """
    One test: *length* slots at every site, slot 0 at instant 0, each rule on its own grid.

    *activated* is the go-live, counted from slot 0. *opens* and *closes* are complete lists, None where not given.
    """

    name: str
    line: int
    length: int
    activated: timedelta
    sites: tuple[SiteTrial, ...]
    expect: tuple[Expectation, ...] = ()
    opens: tuple[Entry, ...] | None = None
    closes: tuple[Entry, ...] | None = None
