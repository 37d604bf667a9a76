"""Reading what KPIs were like over a span of time, at many sites at once, to hold them against baselines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.baseline import KpiFigures, figures, grid_within, wanted_kpis
from stopwatch.core.before_after import SiteFigures
from stopwatch.core.errors import SourceError, SourceUnavailableError
from stopwatch.core.grid import SlotRange
from stopwatch.core.reading import Query

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stopwatch.core.kpi import Kpi, KpiId, SiteId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.baseline import Span
    from stopwatch.watch.ports import Source

PATIENCE_SECONDS = 60.0
MINUTE = timedelta(minutes=1)
NO_TIME = "there was no time left to read it"


@dataclass(frozen=True, slots=True)
class Reading:
    """How finely to read: at most *most* slots a KPI; and how many seconds are *left* for the next question."""

    most: int
    left: Callable[[], float] = lambda: PATIENCE_SECONDS


def read_figures(
    rule_set: RuleSet, sources: Mapping[str, Source], spans: Mapping[SiteId, Span], how: Reading
) -> tuple[SiteFigures, ...]:
    """
    Tell what every KPI was like that a baseline of the sites would hold, each site over its own span.

    What cannot be read says why; a source that cannot be reached is not asked again.
    """
    found: dict[SiteId, dict[KpiId, KpiFigures]] = {site: {} for site in spans}
    for name, source in sources.items():
        own = {site: span for site, span in spans.items() if rule_set.plan.sites[site].source == name}
        trouble: str | None = None
        for kpi in dict.fromkeys(kpi for site in own for kpi in wanted_kpis(rule_set, site)):
            reading = {site: span for site, span in own.items() if kpi in wanted_kpis(rule_set, site)}
            told, trouble = _read(rule_set, rule_set.kpis[kpi], source, reading, how, trouble)
            for site, one in told.items():
                found[site][kpi] = one
    return tuple(SiteFigures(site, span.start, span.end, tuple(found[site].values())) for site, span in spans.items())


def _read(
    rule_set: RuleSet,
    kpi: Kpi,
    source: Source,
    spans: Mapping[SiteId, Span],
    how: Reading,
    trouble: str | None,
) -> tuple[dict[SiteId, KpiFigures], str | None]:
    """Return the figures of one KPI by site, and why the source need not be asked for another (None: it may)."""
    slots, left = _slots(rule_set, kpi.id, spans, how.most), how.left()
    trouble = trouble or (NO_TIME if left <= 0 else None)
    if trouble is not None:
        return {site: KpiFigures(kpi.id, 0, 0, why=trouble) for site in spans}, trouble
    labels = {rule_set.plan.sites[site].label: site for site in spans}
    try:
        series = source.read(Query(kpi.query, kpi.site_label, labels), slots, deadline_seconds=left).series
    except SourceError as error:
        why = f"it could not be read: {error}"
        down = why if isinstance(error, SourceUnavailableError) else None
        return {site: KpiFigures(kpi.id, 0, 0, why=why) for site in spans}, down
    return {site: _figures(kpi.id, slots, span, series.get(site)) for site, span in spans.items()}, None


def _slots(rule_set: RuleSet, kpi: KpiId, spans: Mapping[SiteId, Span], most: int) -> SlotRange:
    """Return the slots at which a KPI is read for all sites: those of the finest rule, coarser where they are many."""
    start, end = min(span.start for span in spans.values()), max(span.end for span in spans.values())
    steps = [
        rule.step
        for site in spans
        for rule in rule_set.rules.get(site, ())
        if any(criterion.kpi == kpi for criterion in rule.criteria)
    ]
    grid = grid_within(min(steps, default=MINUTE), end - start, most)
    return SlotRange(grid, grid.at_or_after(start), max(grid.at_or_after(start), grid.at_or_before(end)))


def _figures(kpi: KpiId, slots: SlotRange, span: Span, series: Sequence[float] | None) -> KpiFigures:
    first = slots.grid.at_or_after(span.start) - slots.first
    last = slots.grid.at_or_before(span.end) - slots.first
    count = max(0, last - first + 1)
    return figures(kpi, series[first : last + 1] if series is not None else [math.nan] * count, count)
