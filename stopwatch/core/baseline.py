"""A baseline: what the KPIs of a site were like, frozen, so that limits and roll-backs can be held against it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from stopwatch.core.audit import finite
from stopwatch.core.grid import HOUR, SECOND, Grid, SlotRange, rfc3339
from stopwatch.core.kpi import KpiId
from stopwatch.core.ledger import EntryKind
from stopwatch.core.quantile import quantile
from stopwatch.core.rule import BaselineThreshold, Statistic

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stopwatch.core.kpi import Kpi, SiteId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import StopRule

LEAST_SAMPLES = 100
"""Fewer samples freeze nothing: beyond the p90 at least ten are wanted, as for the volume of a percentile."""
MOST_SLOTS = 25_000
"""A longer window is read at a coarser step: 14 days fit at a step of a minute."""
SHARES = {Statistic.MEDIAN: 0.5, Statistic.P90: 0.9}

Numbers = dict[tuple[KpiId, Statistic], float]
"""A site's frozen numbers, in the KPIs' units."""


@dataclass(frozen=True, slots=True)
class KpiFigures:
    """
    What one KPI was like over a window, in its unit.

    *samples* counts the slots with a number, *slots* all of them. The statistics are None where *why* says why none can
    be told.
    """

    kpi: KpiId
    samples: int
    slots: int
    median: float | None = None
    p90: float | None = None
    why: str | None = None

    @property
    def coverage(self) -> float:
        """The share (0…1) of slots with a number."""
        return self.samples / self.slots if self.slots else 0.0

    def record(self) -> dict[str, object]:
        """Return it as JSON values."""
        return {
            "median": self.median,
            "p90": self.p90,
            "samples": self.samples,
            "slots": self.slots,
            "coverage": self.coverage,
        }

    @classmethod
    def read(cls, kpi: KpiId, told: Mapping[str, object]) -> Self:
        """Return what `record` wrote; what is no number is not known."""
        median, p90 = (_number(told.get(name)) for name in ("median", "p90"))
        samples, slots = (int(_number(told.get(name)) or 0) for name in ("samples", "slots"))
        why = told.get("why")
        return cls(kpi, samples, slots, median, p90, why if isinstance(why, str) else None)


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def figures(kpi: KpiId, values: Sequence[float], slots: int) -> KpiFigures:
    """Tell median and p90 of *values* (NaN: missing) over *slots* slots; infinities are numbers, as in a rule."""
    known = sorted(value for value in values if not math.isnan(value))
    if len(known) < LEAST_SAMPLES:
        why = f"{len(known)} samples in {slots} slots, at least {LEAST_SAMPLES} are needed"
        return KpiFigures(kpi, len(known), slots, why=why)
    median, p90 = (quantile(known, SHARES[statistic]) for statistic in (Statistic.MEDIAN, Statistic.P90))
    if not (math.isfinite(median) and math.isfinite(p90)):
        return KpiFigures(kpi, len(known), slots, why="its median or p90 is infinite")
    return KpiFigures(kpi, len(known), slots, median, p90)


def wanted_kpis(rule_set: RuleSet, site: SiteId) -> dict[KpiId, bool]:
    """
    Return the KPIs that a baseline of *site* is about, and whether it is useless without them.

    All that rules at the site read are frozen. Needed are those that a limit refers to, and the required ones: a
    roll-back is verified by them.
    """
    rules = rule_set.rules.get(site, ())
    read = {criterion.kpi for rule in rules for criterion in rule.criteria}
    relative = {kpi for rule in rules for kpi in referred(rule)}
    return {
        kpi.id: kpi.required or kpi.id in relative for kpi in rule_set.kpis.values() if kpi.required or kpi.id in read
    }


def referred(rule: StopRule) -> set[KpiId]:
    """Return the KPIs whose baseline a limit of *rule* refers to."""
    return {
        criterion.kpi
        for criterion in rule.criteria
        if any(isinstance(limit, BaselineThreshold) for limit in (criterion.threshold, criterion.recover_threshold))
    }


def refers(rule_set: RuleSet) -> bool:
    """Tell whether any rule's limit follows a baseline, so that the records must be asked."""
    return any(referred(rule) for rules in rule_set.rules.values() for rule in rules)


def slots_of(rules: Iterable[StopRule], kpi: KpiId, start: datetime, end: datetime) -> SlotRange:
    """
    Return the slots at which *kpi* is read from *start* to *end*: those of the finest rule that reads it.

    Where that would be more than `MOST_SLOTS`, the next coarser step is taken that divides an hour.
    """
    steps = [rule.step for rule in rules if any(criterion.kpi == kpi for criterion in rule.criteria)]
    grid = grid_within(min(steps, default=timedelta(minutes=1)), end - start, MOST_SLOTS)
    return SlotRange(grid, grid.at_or_after(start), grid.at_or_before(end))


def grid_within(step: timedelta, span: timedelta, most: int) -> Grid:
    """Return the finest grid, no finer than *step*, that has at most *most* slots in *span*; an hour at most."""
    seconds = int(step / SECOND)
    hour = int(HOUR / SECOND)
    fitting = (each for each in range(seconds, hour) if hour % each == 0 and span / (each * SECOND) < most)
    return Grid(next(fitting, hour) * SECOND)


def numbers_of(entry: Entry | None) -> Numbers:
    """Return the frozen numbers that *entry* records, none without one."""
    kpis = entry.body.get("kpis") if entry is not None else None
    found: Numbers = {}
    for kpi, told in kpis.items() if isinstance(kpis, dict) else ():
        for statistic in Statistic:
            number = told.get(statistic.value) if isinstance(told, dict) else None
            if isinstance(number, int | float):
                found[KpiId(kpi), statistic] = float(number)
    return found


def frozen_figures(entry: Entry) -> dict[KpiId, KpiFigures]:
    """Return what the baseline *entry* holds of each KPI, with the number of samples behind it."""
    kpis = entry.body.get("kpis")
    told = kpis.items() if isinstance(kpis, Mapping) else ()
    return {KpiId(str(kpi)): KpiFigures.read(KpiId(str(kpi)), one) for kpi, one in told if isinstance(one, Mapping)}


def by_site(entries: Iterable[Entry]) -> dict[str, Numbers]:
    """Return per site the numbers of its newest baseline among *entries*."""
    newest: dict[str, Entry] = {}
    for entry in entries:
        known = newest.get(entry.scope)
        if entry.kind is EntryKind.BASELINE and (known is None or known.number < entry.number):
            newest[entry.scope] = entry
    return {scope: numbers_of(entry) for scope, entry in newest.items()}


@dataclass(frozen=True, slots=True)
class Taken:
    """One KPI as it was read for a baseline: at which slots, by which query, and every value (NaN: missing)."""

    kpi: Kpi
    slots: SlotRange
    values: tuple[float, ...]
    figures: KpiFigures

    def record(self) -> dict[str, object]:
        """Return it as the evidence keeps it."""
        return {
            **self.figures.record(),
            "unit": self.kpi.unit.value,
            "better": self.kpi.better.value,
            "query": self.kpi.query,
            "site_label": self.kpi.site_label,
            "first_slot": rfc3339(self.slots.start),
            "last_slot": rfc3339(self.slots.end),
            "step_seconds": self.slots.grid.step.total_seconds(),
            "values": [finite(value) for value in self.values],
        }


def disproved(evidence: Mapping[str, object]) -> list[str]:
    """Return what in the *evidence* of a baseline does not follow from the values that it holds, in words."""
    kpis = evidence.get("kpis")
    found = []
    for kpi, told in kpis.items() if isinstance(kpis, dict) else ():
        values = [math.nan if value is None else float(value) for value in told["values"]]
        again = figures(KpiId(kpi), values, len(values)).record()
        found += [
            f"{kpi}: {name} is {told[name]!r}, its values say {value!r}"
            for name, value in again.items()
            if told[name] != value
        ]
    return found
