"""Times as one says them in passing: spans in whole minutes, instants without what is plain."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.web.figures import local

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


def whole_minutes(length: timedelta) -> timedelta:
    """Leave the seconds out, except of less than a minute."""
    return length // MINUTE * MINUTE if length >= MINUTE else length


def since(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """Write an instant in *zone*, without its date on the same day."""
    same = at.astimezone(zone).date() == now.astimezone(zone).date()
    return f"{at.astimezone(zone):%H:%M %Z}" if same else local(at, zone)
