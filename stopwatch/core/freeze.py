"""Freeze windows: when no site may be activated, and when the next opening is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from stopwatch.core.kpi import SiteId

_DAY = timedelta(days=1)
_LONGEST_LOOK = timedelta(days=800)
_NEVER = datetime.max.replace(tzinfo=UTC)
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Freeze:
    """
    A window without activations, at *sites* (empty: at all), in the site's local time.

    *start* (included) and *end* (excluded) bound it; one without a zone is local, None is open. *daily* narrows it to
    local times of day from the first (included) to the second (excluded, over midnight if it is not later), on the
    weekdays *days* (Monday is 0) on which such a time begins.
    """

    name: str
    start: datetime | None = None
    end: datetime | None = None
    daily: tuple[time, time] | None = None
    days: frozenset[int] = EVERY_DAY
    sites: tuple[SiteId, ...] = ()

    def holds_until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return the end of the stretch of this window that covers *now*, None if it does not cover it."""
        start, end = _instant(self.start, zone), _instant(self.end, zone)
        if (start is not None and now < start) or (end is not None and now >= end):
            return None
        if self.daily is None and self.days == EVERY_DAY:
            return end or _NEVER
        till = self._daily_end(now, zone)
        return till if till is None or end is None else min(till, end)

    def _daily_end(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return when the stretch of the day that covers *now* ends; one may have begun the day before."""
        begins, ends = self.daily or (time(0), time(0))
        today = now.astimezone(zone).date()
        for day in (today, today - _DAY):
            if day.weekday() not in self.days:
                continue
            first = datetime.combine(day, begins, zone).astimezone(UTC)
            last = datetime.combine(day if ends > begins else day + _DAY, ends, zone).astimezone(UTC)
            if first <= now < last:
                return last
        return None


@dataclass(frozen=True, slots=True)
class Frozen:
    """Which window forbids an activation now, and when the site is next open (None: not within two years)."""

    by: Freeze
    opens: datetime | None


def frozen(freezes: Iterable[Freeze], site: SiteId, zone: tzinfo, *, now: datetime) -> Frozen | None:
    """Return what forbids activating *site*, whose time zone is *zone*, now; None if nothing does."""
    concerned = [freeze for freeze in freezes if not freeze.sites or site in freeze.sites]
    by = next((freeze for freeze in concerned if freeze.holds_until(now, zone) is not None), None)
    if by is None:
        return None
    moment = now
    while moment - now < _LONGEST_LOOK:
        ends = [till for freeze in concerned if (till := freeze.holds_until(moment, zone)) is not None]
        if not ends:
            return Frozen(by, moment)
        latest = max(ends)
        if latest == _NEVER:
            break
        moment = latest
    return Frozen(by, None)


def _instant(moment: datetime | None, zone: tzinfo) -> datetime | None:
    """Return *moment* in UTC; one without a zone is local."""
    if moment is None:
        return None
    return (moment.replace(tzinfo=zone) if moment.tzinfo is None else moment).astimezone(UTC)
