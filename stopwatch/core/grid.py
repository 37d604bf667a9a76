"""The evaluation grid: slot k is the instant k·step, anchored at the epoch, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Grid:
    """All instants k·*step*; *step* is whole seconds and divides 3600 s, so rules with one step share their slots."""

    step: timedelta

    def __post_init__(self) -> None:
        """
        Check the step.

        Raises:
            ValueError: The step is not a whole number of seconds that divides one hour.

        """
        if self.step < SECOND or self.step % SECOND or HOUR % self.step:
            message = f"step must be whole seconds that divide 3600 s, not {self.step.total_seconds():g} s"
            raise ValueError(message)

    def instant(self, slot: int) -> datetime:
        """Return the instant of *slot*, aware, UTC."""
        return EPOCH + slot * self.step

    def at_or_before(self, instant: datetime) -> int:
        """Return the newest slot not after *instant*: floor(t / step)."""
        return (instant - EPOCH) // self.step

    def at_or_after(self, instant: datetime) -> int:
        """Return the first slot not before *instant*: ceil(t / step)."""
        return -((EPOCH - instant) // self.step)

    def newest(self, *, now: datetime, eval_delay: timedelta) -> int:
        """Return K = floor((now - eval_delay) / step), the newest slot that may be judged at *now*."""
        return self.at_or_before(now - eval_delay)


@dataclass(frozen=True, slots=True)
class SlotRange:
    """The slots *first* … *last* of one grid, both included; empty when last < first."""

    grid: Grid
    first: int
    last: int

    def __len__(self) -> int:
        """Return the number of slots."""
        return max(0, self.last - self.first + 1)

    @property
    def start(self) -> datetime:
        """The instant of the first slot."""
        return self.grid.instant(self.first)

    @property
    def end(self) -> datetime:
        """The instant of the last slot."""
        return self.grid.instant(self.last)


def stamp(instant: datetime) -> str:
    """Write *instant* for ids: ``20261121T1015Z``, with seconds only if they are not zero (fractions are dropped)."""
    utc = instant.astimezone(UTC)
    return utc.strftime("%Y%m%dT%H%M%SZ" if utc.second else "%Y%m%dT%H%MZ")


def rfc3339(instant: datetime) -> str:
    """Write *instant* as RFC 3339 in UTC with Z; microseconds only if they are not zero."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
