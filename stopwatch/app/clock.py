"""The clock that acts, expiries and slots follow: ours, corrected by what Prometheus says of its own."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

TRUSTED = timedelta(seconds=5)
"""Up to this difference the earlier of both clocks counts; beyond it Prometheus's."""


STEPPED = timedelta(seconds=1)
"""Wall and monotonic time that part by more than this within one evaluation mean that the wall clock was stepped."""


class Mark(NamedTuple):
    """Both hands of the local clock at one moment."""

    wall: datetime
    monotonic: float


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

    @property
    def told(self) -> bool:
        """Whether a source has told its clock yet."""
        return self._told is not None

    def mark(self) -> Mark:
        """Return both hands as they stand now."""
        return Mark(self.wall(), self.monotonic())

    def observe(self, skew: timedelta, *, since: Mark) -> None:
        """
        Note that a source's clock was ahead of the local one by *skew*, found out after *since*.

        If the local clock was stepped meanwhile the skew may count from either side of the step: it is left out, and
        the next answer tells.
        """
        here = self.mark()
        if abs(here.wall - since.wall - timedelta(seconds=here.monotonic - since.monotonic)) > STEPPED:
            return
        with self._lock:
            self._told, self._told_at = here.wall + skew, here.monotonic

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
