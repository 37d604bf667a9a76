"""The clock of a roll-back as JSON, and back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339
from stopwatch.core.rollback_clock import RollbackClock

if TYPE_CHECKING:
    from collections.abc import Mapping


def clock_json(clock: RollbackClock) -> dict[str, object]:
    """Write how the verification of a roll-back stands."""
    return {
        "hold_seconds": clock.hold.total_seconds(),
        "until": rfc3339(clock.until),
        "seen_to": rfc3339(clock.seen_to) if clock.seen_to is not None else None,
        "inside_since": rfc3339(clock.inside_since) if clock.inside_since is not None else None,
    }


def clock_of(told: Mapping[str, object]) -> RollbackClock:
    """Return the clock that `clock_json` wrote."""
    return RollbackClock(
        timedelta(seconds=float(str(told["hold_seconds"]))),
        datetime.fromisoformat(str(told["until"])),
        _instant(told["seen_to"]),
        _instant(told["inside_since"]),
    )


def _instant(told: object) -> datetime | None:
    return None if told is None else datetime.fromisoformat(str(told))
