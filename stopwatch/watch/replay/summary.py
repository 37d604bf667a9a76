"""What a replay comes to in a few numbers, by which variants of rules are compared."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.watch.replay.lanes import Breach, Lane
    from stopwatch.watch.replay.run import Replay

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Summary:
    """
    The numbers of one replay; None where there is nothing to count.

    *site_weeks* is how long sites were watched, added up. *detection* is the usual (median) time from the first
    breaching slot to the opening, *slowest* the longest. *longest* lasted for *lasted*, up to the end of the replay if
    it had not recovered. *nearest* is the rule that came nearest to firing among those that never did.
    """

    decisions: int
    breaches: int
    site_weeks: float
    missing: float | None
    detection: timedelta | None
    slowest: timedelta | None
    longest: Breach | None
    lasted: timedelta | None
    nearest: Lane | None

    @property
    def per_site_week(self) -> float | None:
        """Decisions in a week of one site."""
        return self.decisions / self.site_weeks if self.site_weeks else None

    @property
    def rate(self) -> float | None:
        """Decisions in a week of one site, where at least a week was watched: less says nothing about a week."""
        return self.per_site_week if self.site_weeks >= 1 else None


def lasted(breach: Breach, end: datetime) -> timedelta:
    """Return how long a breach lasted, up to *end* if it had not recovered."""
    return (breach.recovered_at or end) - breach.opened_at


def detection(breach: Breach) -> timedelta:
    """Return how long it took from the first breaching slot to the opening."""
    return breach.opened_at - breach.pending_since


def summary(found: Replay, end: datetime) -> Summary:
    """Sum up what a replay that ended at *end* found."""
    delays = [detection(breach).total_seconds() for breach in found.breaches]
    longest = max(found.breaches, key=lambda breach: lasted(breach, end), default=None)
    quiet = [lane for lane in found.lanes if not lane.breaches and lane.most]
    return Summary(
        decisions=len(found.decisions),
        breaches=len(found.breaches),
        site_weeks=_site_weeks(found.lanes),
        missing=found.missing / found.slots if found.slots else None,
        detection=timedelta(seconds=median(delays)) if delays else None,
        slowest=timedelta(seconds=max(delays)) if delays else None,
        longest=longest,
        lasted=lasted(longest, end) if longest is not None else None,
        nearest=max(quiet, key=lambda lane: lane.share, default=None),
    )


def _site_weeks(lanes: list[Lane]) -> float:
    """Add up how long each site was watched: as long as the rule of it that was judged longest."""
    watched: dict[SiteId, timedelta] = defaultdict(timedelta)
    for lane in lanes:
        watched[lane.cell.site] = max(watched[lane.cell.site], lane.slots * lane.cell.rule.step)
    return sum(watched.values(), timedelta()) / WEEK
