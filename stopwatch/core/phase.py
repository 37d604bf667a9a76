"""A phase as a value: its sites, what must be ready, how it is watched, and what its exit demands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import time, tzinfo

    from stopwatch.core.kpi import PhaseId, SiteId

DAY = timedelta(days=1)


class AutomaticItem(StrEnum):
    """What the program checks by itself before a site is activated; the values are the items' ids."""

    DATA = "kpi-data"
    """Every KPI query returns data for the site."""
    LINKS = "links"
    """Every link of the site and its rules answers."""
    ON_CALL = "on-call"
    """Somebody is named who is on call, and known to Slack."""
    CHANNEL = "channel"
    """The channel of the site's decisions can be posted to."""
    REHEARSAL = "rehearsal"
    """A rehearsal of the roll-back is recorded and recent."""
    DRILL = "drill"
    """A drill reached a person, who answered."""
    BASELINE = "baseline"
    """A baseline is frozen for the site."""


RETROSPECTIVE = "retrospective"
"""The item that an emergency change owes before a phase exits."""
RESERVED_ITEMS = (*(item.value for item in AutomaticItem), RETROSPECTIVE)
"""Ids of items that no checklist may use for its own."""


@dataclass(frozen=True, slots=True)
class ReadinessItem:
    """
    One item of the checklist, recorded by a person for each site.

    *expires* is how long a record of it holds; None for ever.
    """

    id: str
    text: str
    owner: str | None = None
    expires: timedelta | None = None


@dataclass(frozen=True, slots=True)
class ExitPlan:
    """
    What a phase's exit demands besides good KPIs and a clean issue log.

    *coverage* is the least share of slots with a value, *breaching* and *blind* the largest shares; all 0 to 1.
    *min_volume* is the least total volume over the observation, *sign_offs* the roles that must sign.
    """

    min_volume: Decimal | None = None
    sign_offs: tuple[str, ...] = ()
    coverage: Decimal = Decimal("0.95")
    breaching: Decimal = Decimal("0.01")
    blind: Decimal = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """
    When a roll-back counts as verified, and how old its rehearsal may be.

    KPIs within *band* times the baseline's median (divided, where higher is better), reached *within* that time after
    the roll-back and held for *hold*.
    """

    within: timedelta = timedelta(hours=2)
    hold: timedelta = timedelta(minutes=30)
    band: Decimal = Decimal("1.2")
    rehearsed_within: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class WatchWindow:
    """
    A monitoring window: *begins* as written, how long it lasts, who watches.

    *after* is the time after go-live, *at* an instant, *daily* a local time of every day; all None where it is words.
    """

    begins: str
    lasts: timedelta
    who: str
    after: timedelta | None = None
    at: datetime | None = None
    daily: time | None = None

    def starts(self, go_live: datetime, zone: tzinfo, *, until: datetime) -> list[datetime]:
        """Return when it begins, from *go_live* up to *until*, in UTC; *zone* is the site's."""
        if self.after is not None:
            moments = [go_live + self.after]
        elif self.at is not None:
            moments = [self.at]
        elif self.daily is not None:
            first = go_live.astimezone(zone).date()
            days = range((until.astimezone(zone).date() - first).days + 1)
            local = [datetime.combine(first + day * DAY, self.daily, zone) for day in days]
            moments = [moment.astimezone(UTC) for moment in local]
        else:
            moments = []
        return [moment for moment in moments if go_live <= moment <= until]


@dataclass(frozen=True, slots=True)
class CheckpointPlan:
    """The daily checkpoint: at which local time of the plan, and where it is posted (None: the default channel)."""

    at: time
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class HypercarePlan:
    """
    What people owe in hypercare.

    A checkpoint is missed if it is not recorded *checkpoint_within* of its time. An open issue is looked at
    *reviewed_within*; the default lets a day of 25 hours and a late meeting fit in. *targets* say by severity within
    what time a new issue is to be resolved that names no day.
    """

    checkpoint_within: timedelta = timedelta(hours=4)
    reviewed_within: timedelta = timedelta(hours=26)
    targets: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase in the plan's order with its sites and how long its KPIs are observed."""

    id: PhaseId
    sites: tuple[SiteId, ...]
    observation: timedelta
    readiness: tuple[ReadinessItem, ...] = ()
    automatic: tuple[AutomaticItem, ...] = ()
    exit: ExitPlan = ExitPlan()
    watch: tuple[WatchWindow, ...] = ()

    @property
    def demands_readiness(self) -> bool:
        """Whether anything must be ready before a site is activated; if not, the plan activates it by itself."""
        return bool(self.readiness or self.automatic)
