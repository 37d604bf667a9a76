"""How far Prometheus's clock is from ours, as far as one ``Date`` header can tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

_RESOLUTION = timedelta(seconds=1)


def skew(date: str | None, sent: datetime, took: timedelta) -> timedelta | None:
    """
    Return the smallest shift of our clock that explains *date*, None if it cannot be read.

    The header has whole seconds and was written at some moment of the *took* that followed *sent* (our
    clock, aware), so that a slow answer from a right clock is no skew. Positive when Prometheus is ahead.
    """
    try:
        told = parsedate_to_datetime(date or "")
        told = told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
        least, most = told - sent - took, told + _RESOLUTION - sent
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if least > timedelta(0):
        return least
    return min(most, timedelta(0))
