"""How fast a receiver is spoken to: buckets, holds, spacing, backing off, the circuit and broken destinations."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

BURST = 3.0
PER_SECOND = 1.0
LOOK_BURST = 5.0
LOOK_PER_SECOND = 0.6
"""Look-ups have a limit of their own, about 50 a minute."""
SPACING = timedelta(seconds=3)
PROBE_EVERY = timedelta(seconds=60)
FIRST_WAIT = timedelta(seconds=1)
LONGEST_WAIT = timedelta(seconds=60)
RETRY_BROKEN = timedelta(seconds=60)
LOOK_UPS = "look-ups"


class Bucket:
    """A token bucket that is filled by the clock it is asked with; a clock set back fills nothing and takes nothing."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = self._left = burst
        self._per_second = per_second
        self._seen: datetime | None = None

    def take(self, now: datetime) -> bool:
        """Take one token if there is one."""
        passed = max(0.0, (now - self._seen).total_seconds()) if self._seen else 0.0
        self._seen = now
        self._left = min(self._burst, self._left + passed * self._per_second)
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class Pacing:
    """What is remembered between passes about speed and health; a restart forgets it without harm."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._buckets: dict[str, Bucket] = {}
        self._held: dict[str, datetime] = {}
        self._updated: dict[str, datetime] = {}
        self._failures: dict[str, int] = {}
        self._broken: dict[str, tuple[str, datetime]] = {}
        self._probe_at: datetime | None = None
        self._latest: datetime | None = None

    def begin(self, now: datetime) -> None:
        """Start a pass; after the clock was set back, holds and waits that it made longer are forgotten."""
        if self._latest is not None and now < self._latest:
            self._held.clear()
            self._updated.clear()
            self._broken = {channel: (code, now) for channel, (code, _) in self._broken.items()}
            self._probe_at = now if self._probe_at is not None else None
        self._latest = now

    def may_send(self, channel: str, now: datetime) -> bool:
        """Take a token of *channel*, unless the channel is held."""
        if now < self._held.get(channel, now):
            return False
        return self._buckets.setdefault(channel, Bucket(BURST, PER_SECOND)).take(now)

    def may_look_up(self, now: datetime) -> bool:
        """Take a token for a look-up, unless look-ups are held."""
        if now < self._held.get(LOOK_UPS, now):
            return False
        return self._buckets.setdefault(LOOK_UPS, Bucket(LOOK_BURST, LOOK_PER_SECOND)).take(now)

    def hold(self, what: str, until: datetime) -> None:
        """Send nothing to a channel (or look nothing up) before *until*."""
        self._held[what] = until

    def spaced(self, key: str, now: datetime) -> bool:
        """Whether the last update of a card is long enough ago."""
        last = self._updated.get(key)
        return last is None or now - last >= SPACING

    def updated(self, key: str, now: datetime) -> None:
        """Remember when a card was sent or updated."""
        self._updated = {known: at for known, at in self._updated.items() if now - at < SPACING}
        self._updated[key] = now

    def wait(self, key: str) -> timedelta:
        """Count one more failure of a row and return how long to wait: 1 s doubled each time, full jitter, cap 60 s."""
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        longest = min(LONGEST_WAIT, FIRST_WAIT * float(2 ** min(failures - 1, 10)))
        return longest * self._rng.random()

    def succeeded(self, key: str) -> None:
        """Forget the failures of a row."""
        self._failures.pop(key, None)

    def broke(self, channel: str, code: str, now: datetime) -> None:
        """Remember that a destination refuses us."""
        self._broken[channel] = (code, now)

    def mended(self, channel: str) -> None:
        """Forget that a destination refused us."""
        self._broken.pop(channel, None)

    def avoids(self, channel: str, now: datetime) -> bool:
        """Whether a destination refused us within the last minute; after that it is tried again."""
        found = self._broken.get(channel)
        return found is not None and now - found[1] < RETRY_BROKEN

    @property
    def broken(self) -> dict[str, str]:
        """Destinations that refuse us, with the receiver's word."""
        return {channel: code for channel, (code, _) in self._broken.items()}

    @property
    def open(self) -> bool:
        """Whether the circuit is open: our credentials were refused."""
        return self._probe_at is not None

    def wants_probe(self, now: datetime) -> bool:
        """Whether the open circuit is to be probed."""
        return self._probe_at is not None and now >= self._probe_at

    def trip(self, now: datetime) -> None:
        """Open the circuit, or keep it open, until the next probe."""
        self._probe_at = now + PROBE_EVERY

    def close(self) -> None:
        """Close the circuit."""
        self._probe_at = None
