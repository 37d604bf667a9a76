"""The clock that verifies a roll-back: slots inside the band, one after the other, for long enough and in time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.baseline_comparison import Band
    from stopwatch.core.grid import Grid

INSIDE, OUTSIDE, MISSING = b"IOM"
TENTHS = 10


class Outcome(StrEnum):
    """How the verification of a roll-back ends."""

    VERIFIED = "verified"
    FLAGGED = "flagged"


@dataclass(frozen=True, slots=True)
class RollbackClock:
    """
    How the verification of a roll-back stands.

    The KPIs must be inside the band for *hold*, by *until*. *seen_to* is the newest slot that was looked at,
    *inside_since* the first slot of the run of slots inside the band that ends there; None where it lies outside.
    """

    hold: timedelta
    until: datetime
    seen_to: datetime | None = None
    inside_since: datetime | None = None

    @property
    def held(self) -> timedelta:
        """How long the KPIs have been inside the band, up to the newest slot."""
        if self.inside_since is None or self.seen_to is None:
            return timedelta(0)
        return self.seen_to - self.inside_since

    @property
    def words(self) -> str:
        """How it stands, without the end: ``inside the band for 12 of 30 min``."""
        if self.seen_to is None:
            return "no slot after the roll-back was looked at yet"
        if self.inside_since is None:
            return "outside the band, or not seen"
        unit, name = (60, "min") if self.hold >= timedelta(minutes=2) else (1, "s")
        held, hold = (span.total_seconds() / unit for span in (min(self.held, self.hold), self.hold))
        return f"inside the band for {held:.0f} of {hold:g} {name}"

    def alike(self, other: RollbackClock | None) -> bool:
        """Tell whether people would be told the same: the run goes on, in the same tenth of what it must hold."""
        if other is None or (self.hold, self.until) != (other.hold, other.until):
            return False
        same_run = (self.seen_to is None, self.inside_since) == (other.seen_to is None, other.inside_since)
        return same_run and TENTHS * self.held // self.hold == TENTHS * other.held // other.hold


@dataclass(frozen=True, slots=True)
class ClockVerdict:
    """How it ended, at which instant (a slot's, or that of a ground), and why in a sentence."""

    outcome: Outcome
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ClockTerms:
    """What a roll-back at *rolled_back_at* is held to: inside the band for *hold*, which must be over *within*."""

    rolled_back_at: datetime
    hold: timedelta
    within: timedelta

    @property
    def until(self) -> datetime:
        """When the time is over."""
        return self.rolled_back_at + self.within


def letters(bands: Sequence[Band], series: Sequence[Sequence[float]]) -> bytes:
    """
    Class every slot: I inside, O some KPI outside, M some KPI missing and none outside.

    Args:
        bands: One for each series.
        series: Values by slot, NaN where there is none; all are equally long.

    """
    found = bytearray()
    for values in zip(*series, strict=True):
        known = [(band, value) for band, value in zip(bands, values, strict=True) if value == value]  # noqa: PLR0124 – NaN is the only value that is not itself
        if not all(band.holds(value) for band, value in known):
            found.append(OUTSIDE)
        else:
            found.append(INSIDE if len(known) == len(bands) else MISSING)
    return bytes(found)


def run_clock(
    terms: ClockTerms, grid: Grid, classes: bytes, *, failed: tuple[datetime, str] | None = None
) -> tuple[RollbackClock, ClockVerdict | None]:
    """
    Fold the slots since a roll-back: a function of the data alone, however they came to be read.

    It is verified at the first slot at which the run of slots inside the band spans *hold*; a missing slot ends the
    run. It is flagged at the newest slot within the time if none did, or at what *failed* it, where that came first.

    Args:
        terms: What the roll-back is held to.
        grid: The grid of the slots.
        classes: A letter for each slot from the first one after the roll-back on; what lies after the end is ignored.
        failed: When a new ground opened that makes it fail, and which.

    """
    first, last = grid.at_or_after(terms.rolled_back_at), grid.at_or_before(terms.until)
    clock = RollbackClock(terms.hold, terms.until)
    since: datetime | None = None
    for slot, letter in enumerate(classes[: max(0, last - first + 1)], start=first):
        instant = grid.instant(slot)
        if failed is not None and failed[0] <= instant:
            return clock, ClockVerdict(Outcome.FLAGGED, failed[0], f"a new ground opened: {failed[1]}")
        since = (since or instant) if letter == INSIDE else None
        clock = RollbackClock(terms.hold, terms.until, instant, since)
        if since is not None and instant - since >= terms.hold:
            reason = f"every required KPI was inside the band from {_told(since)} to {_told(instant)} UTC"
            return clock, ClockVerdict(Outcome.VERIFIED, instant, reason)
    if first + len(classes) <= last:
        return clock, None
    reason = f"the KPIs were not inside the band for {_span(terms.hold)} by {_told(terms.until)} UTC: {clock.words}"
    return clock, ClockVerdict(Outcome.FLAGGED, grid.instant(max(first, last)), reason)


def _told(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S}".removesuffix(":00")


def _span(span: timedelta) -> str:
    seconds = span.total_seconds()
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"  # noqa: PLR2004 – a minute's seconds
