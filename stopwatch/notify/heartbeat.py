"""The heartbeat: one short request by which a dead-man's switch outside knows that the daemon evaluates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.notify.exchange import TIMEOUT_SECONDS, Exchange

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopwatch.core.outbox import Delivery

AT_MOST_EVERY_SECONDS = 10.0


class Heartbeat:
    """
    Asks an address after evaluations.

    Args:
        url: The address; it is a secret as a whole.
        monotonic: Seconds that never go back.
        timeout_seconds: The longest wait for a connection, and for each part of an answer.

    """

    def __init__(self, url: str, *, monotonic: Callable[[], float], timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self._exchange = Exchange(url, timeout_seconds=timeout_seconds)
        self._monotonic = monotonic
        self._asked_at: float | None = None

    def close(self) -> None:
        """Let go of connections."""
        self._exchange.close()

    def beat(self) -> Delivery | None:
        """Ask, unless that was done less than ten seconds ago (None)."""
        now = self._monotonic()
        if self._asked_at is not None and now - self._asked_at < AT_MOST_EVERY_SECONDS:
            return None
        self._asked_at = now
        return self._exchange.ask()
