"""KPIs before and after: what they were like over a recorded span of time, held against the baseline of their site."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from stopwatch.core.baseline import KpiFigures, frozen_figures
from stopwatch.core.baseline_comparison import Compared, compare
from stopwatch.core.grid import rfc3339
from stopwatch.core.kpi import KpiId, SiteId
from stopwatch.core.ledger import EntryKind

if TYPE_CHECKING:
    from stopwatch.core.ledger import Entry
    from stopwatch.core.rollout import RuleSet

MOST_NAMED = 8
"""So many names a sentence holds."""


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """What the KPIs of *site* were like from *start* to *end*."""

    site: SiteId
    start: datetime
    end: datetime
    kpis: tuple[KpiFigures, ...] = ()

    def record(self) -> dict[str, object]:
        """Return it as JSON values."""
        kpis = {one.kpi: one.record() | {"why": one.why} for one in self.kpis}
        return {"site": self.site, "start": rfc3339(self.start), "end": rfc3339(self.end), "kpis": kpis}


def recorded_figures(record: Mapping[str, object]) -> dict[SiteId, SiteFigures]:
    """Return what `SiteFigures.record` wrote under ``figures`` of a record, by site; nothing where it has none."""
    found = record.get("figures")
    read = [_read(one) for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
    return {one.site: one for one in read}


def _read(told: Mapping[str, object]) -> SiteFigures:
    kpis = told.get("kpis")
    figures = [KpiFigures.read(KpiId(kpi), one) for kpi, one in kpis.items()] if isinstance(kpis, Mapping) else []
    start, end = (datetime.fromisoformat(str(told[name])) for name in ("start", "end"))
    return SiteFigures(SiteId(str(told["site"])), start, end, tuple(figures))


@dataclass(frozen=True, slots=True)
class BeforeAfter:
    """
    One site's KPIs in its *baseline* and *after*; None where that is not recorded, and then there are no *rows*.

    A site that is not *live* owes no figures.
    """

    site: SiteId
    baseline: Entry | None
    after: SiteFigures | None
    rows: tuple[Compared, ...] = ()
    live: bool = True

    @property
    def missing(self) -> str | None:
        """What is missing for a comparison, in a sentence."""
        if not self.live:
            return None
        if self.baseline is None:
            todo = f"stopwatch rollout baseline {self.site} --window 14d"
            return f"No baseline of {self.site} is frozen, so nothing can be compared there; {todo}."
        if self.after is None:
            return f"No figures of {self.site} are recorded since its baseline; a checkpoint or a gate records them."
        return None


def held_against_baseline(
    rule_set: RuleSet,
    entries: Iterable[Entry],
    site: SiteId,
    after: SiteFigures | None,
    *,
    upto: int,
    live: bool = True,
) -> BeforeAfter:
    """
    Hold *after* against the newest baseline of *site* that was recorded before the entry *upto*.

    What was told once stays: a baseline that was frozen afterwards changes no earlier comparison.
    """
    frozen = [one for one in entries if one.kind is EntryKind.BASELINE and one.scope == site and one.number < upto]
    baseline = max(frozen, key=lambda one: one.number, default=None)
    if baseline is None or after is None:
        return BeforeAfter(site, baseline, after, live=live)
    before = frozen_figures(baseline)
    told = {one.kpi: one for one in after.kpis}
    known = [kpi for kpi in rule_set.kpis if kpi in told or kpi in before]
    figures = [told.get(kpi) or KpiFigures(kpi, 0, 0, why="it was not read") for kpi in known]
    rows = compare(rule_set.kpis, before, figures, band=rule_set.plan.rollback.band)
    return BeforeAfter(site, baseline, after, tuple(rows), live)


def in_a_sentence(found: Sequence[BeforeAfter]) -> str:
    """Say first of all sites together how their KPIs are against their baselines."""
    rows = [(one.site, row) for one in found for row in one.rows]
    if not rows:
        return "Nothing can be compared with a baseline."
    outside = [(site, row) for site, row in rows if row.inside is False]
    unknown = [(site, row) for site, row in rows if row.inside is None]
    inside = len(rows) - len(outside) - len(unknown)
    if inside == len(rows):
        whole = "By its median the KPI is" if inside == 1 else f"By their medians all {inside} KPIs are"
        return f"{whole} within the band of the baseline."
    known = f"{inside} of {len(rows)} KPIs {'is' if inside == 1 else 'are'}"
    parts = [f"By their medians {known} within the band of the baseline"]
    if outside:
        parts.append("OUTSIDE it: " + some([f"{row.kpi.title} at {site}{_times(row)}" for site, row in outside]))
    if unknown:
        parts.append("cannot be told: " + some([f"{row.kpi.title} at {site}" for site, row in unknown]))
    return f"{'; '.join(parts)}."


def some(names: Sequence[str], most: int = MOST_NAMED) -> str:
    """Write the first names of many, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _times(row: Compared) -> str:
    return f" ({row.ratio:.3g} times)" if row.ratio is not None else ""
