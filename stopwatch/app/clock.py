"""The clock that acts, expiries and slots follow: ours, corrected by what Prometheus says of its own."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta

TRUSTED = timedelta(seconds=5)
"""Up to this difference the earlier of both clocks counts; beyond it Prometheus's."""


class Clock:
    """
    Wall time, corrected; safe to be read from several threads.

    *now* is the smaller of the local clock and Prometheus's. Where they differ by more than `TRUSTED`, Prometheus's
    last date plus the monotonic time since decides, so that a step of the local clock opens nothing early.
    """

    def __init__(self) -> None:
        """Trust the local clock until a source has told its own."""
        self._lock = threading.Lock()
        self._told: datetime | None = None
        self._told_at = 0.0

    @staticmethod
    def wall() -> datetime:
        """Return the local clock, aware, UTC."""
        return datetime.now(UTC)

    @staticmethod
    def monotonic() -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    @staticmethod
    def sleep(seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def observe(self, skew: timedelta) -> None:
        """Note that a source's clock was ahead of the local one by *skew* just now."""
        with self._lock:
            self._told = self.wall() + skew
            self._told_at = self.monotonic()

    def now(self) -> datetime:
        """Return the corrected time, aware, UTC."""
        local = self.wall()
        with self._lock:
            if self._told is None:
                return local
            told = self._told + timedelta(seconds=self.monotonic() - self._told_at)
        if abs(told - local) > TRUSTED:
            return told
        return min(told, local)
