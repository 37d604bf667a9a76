"""The rhythm of a warehouse's day: shifts, the lunch dip, nights and weekends, in local time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_RAMP_HOURS = 0.75
_LUNCH_WIDTH_HOURS = 0.4
_LUNCH_DEPTH = 0.3
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift from *start* to *end* (local hours, may cross midnight) that works at *level* of the peak, 0..1."""

    start: float
    end: float
    level: float

    def level_at(self, hour: float) -> float:
        """Give this shift's level at a local *hour*, with 45 minutes to warm up and to wind down."""
        length = (self.end - self.start) % 24
        into = (hour - self.start) % 24
        if into >= length:
            return 0.0
        return self.level * min(1.0, into / _RAMP_HOURS, (length - into) / _RAMP_HOURS)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Shifts over a floor of *night* orders, a dip at *lunch* (local hour), and a *weekend* factor; levels are 0..1."""

    shifts: tuple[Shift, ...]
    lunch: float = 12.5
    night: float = 0.3
    weekend: float = 0.6

    def level(self, local: datetime) -> float:
        """Give the share of the peak order rate at the *local* time, 0..1."""
        hour = local.hour + local.minute / 60 + local.second / 3600
        level = max(self.night, *(shift.level_at(hour) for shift in self.shifts))
        level *= 1 - _LUNCH_DEPTH * math.exp(-(((hour - self.lunch) / _LUNCH_WIDTH_HOURS) ** 2))
        return level * self.weekend if local.weekday() >= _SATURDAY else level

    @property
    def trough(self) -> float:
        """The lowest level that can occur: a weekend night."""
        return self.night * min(1.0, self.weekend)
