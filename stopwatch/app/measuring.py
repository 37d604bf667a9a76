"""What is measured now and then rather than at every evaluation: the size of the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stopwatch.app.daemon import Daemon

EVERY_SECONDS = 60.0


class Measuring:
    """Measures the database of one daemon; called from one thread of the scheduler."""

    def __init__(self, daemon: Daemon) -> None:
        """Measure what *daemon* writes to."""
        self._daemon = daemon
        self._due = daemon.clock.monotonic()

    def pass_time(self) -> None:
        """
        Measure, if it was not done for `EVERY_SECONDS`.

        Raises:
            StoreError: The database cannot be read.

        """
        now = self._daemon.clock.monotonic()
        if now < self._due:
            return
        self._due = now + EVERY_SECONDS
        with self._daemon.store.reading() as view:
            self._daemon.metrics.observe_database(view.size_bytes())
