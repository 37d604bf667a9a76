"""How everything stands as gauges show it: rules that are calm as columns, so that what a step leaves alone is kept."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING

from stopwatch.core.state import Reported
from stopwatch.core.status import RuleStatus, StatusView, worst

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.kpi import KpiId, PhaseId, SiteId
    from stopwatch.core.rule import StopRule

CALM_COVERAGE = 1.0
"""The coverage of a window that holds nothing but clear slots; none of them breaches."""


@dataclass(frozen=True, slots=True, eq=False)
class CalmMembers:
    """
    The sites at which one rule is calm, the same object until one comes or goes; all tuples have one order.

    *places* is where the rule stands in its file, *written* the rule as it applies, *thresholds* are in the KPI's unit.
    """

    sites: tuple[SiteId, ...]
    phases: tuple[PhaseId, ...]
    places: tuple[int, ...]
    written: tuple[StopRule, ...]
    thresholds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class CalmRule:
    """One rule where it is plainly ok: a whole window of clear slots up to *newest_slot*, its *values* there."""

    members: CalmMembers
    newest_slot: datetime
    values: Sequence[float]

    def statuses(self) -> Iterator[tuple[SiteId, int, RuleStatus]]:
        """Say of every member how it stands, with its place in the file."""
        known = self.members
        of = zip(known.sites, known.places, known.written, known.thresholds, self.values, strict=True)
        for site, place, written, threshold, value in of:
            yield (
                site,
                place,
                RuleStatus(
                    written.id,
                    Reported.OK,
                    value=value if value == value else None,  # noqa: PLR0124 – NaN is the only value that is not itself
                    newest_slot=self.newest_slot,
                    threshold=threshold,
                    breaching_slots=0,
                    required_slots=written.window.m,
                    coverage=CALM_COVERAGE,
                    written=written,
                ),
            )


@dataclass(frozen=True, slots=True)
class SingleRule:
    """One rule at one site that is shown by itself; *place* is where it stands in its file."""

    site: SiteId
    phase: PhaseId
    place: int
    status: RuleStatus


@dataclass(frozen=True, slots=True)
class Gauges:
    """
    What there is to show after the newest evaluation.

    *standing* holds the sites of the plan with their decisions but without rules and numbers, and is the same object
    until something in it changes. *values* and *volumes* hold the newest number of each KPI at the sites that have one.
    """

    standing: StatusView = field(default_factory=StatusView)
    calm: tuple[CalmRule, ...] = ()
    singles: tuple[SingleRule, ...] = ()
    values: Mapping[KpiId, Mapping[SiteId, float]] = field(default_factory=dict)
    volumes: Mapping[KpiId, Mapping[SiteId, float]] = field(default_factory=dict)
    last_evaluation: datetime | None = None

    def view(self) -> StatusView:
        """Return the same site by site, for whoever looks at all of a site's rules."""
        rules: dict[SiteId, list[tuple[int, RuleStatus]]] = defaultdict(list)
        for calm in self.calm:
            for site, place, status in calm.statuses():
                rules[site].append((place, status))
        for single in self.singles:
            rules[single.site].append((single.place, single.status))
        sites = []
        for known in self.standing.sites:
            own = tuple(status for _place, status in sorted(rules.get(known.site, ()), key=itemgetter(0)))
            sites.append(replace(known, state=worst(own), rules=own))
        return replace(self.standing, sites=tuple(sites), last_evaluation=self.last_evaluation)
