"""Token buckets: about one message per second and channel, and a tier per minute for every other method."""

import math
from dataclasses import dataclass

from stopwatch.demo.slack.records import RateLimitedError


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is let through; ``per_second`` 0 and ``tiers`` False let everything through."""

    per_second: float = 1.0
    burst: int = 5
    tiers: bool = True


class Buckets:
    """One bucket per key, filled by the clock that is handed in with every question."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._left: dict[str, tuple[float, float]] = {}

    def take_post(self, channel: str, *, now: float) -> None:
        """
        Let one message into *channel*.

        Raises:
            RateLimitedError: The bucket of the channel is empty.

        """
        if self.pace.per_second > 0:
            self._take(f"post {channel}", per_second=self.pace.per_second, burst=self.pace.burst, now=now)

    def take_call(self, method: str, per_minute: int, *, now: float) -> None:
        """
        Let one call of *method* in, at *per_minute* with a burst of the same size.

        Raises:
            RateLimitedError: The minute of this method is used up.

        """
        if self.pace.tiers:
            self._take(f"call {method}", per_second=per_minute / 60.0, burst=per_minute, now=now)

    def _take(self, key: str, *, per_second: float, burst: int, now: float) -> None:
        left, seen = self._left.get(key, (float(burst), now))
        left = min(float(burst), left + max(0.0, now - seen) * per_second)
        if left < 1.0:
            self._left[key] = (left, now)
            raise RateLimitedError(max(1, math.ceil((1.0 - left) / per_second)))
        self._left[key] = (left - 1.0, now)
