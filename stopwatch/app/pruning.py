"""Pruning once an hour what the retention lets go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.watch.retention import prune

if TYPE_CHECKING:
    from stopwatch.app.daemon import Daemon

EVERY_SECONDS = 3600.0


class Pruning:
    """Prunes the records of one daemon; called from one thread of the scheduler, idle without a retention."""

    def __init__(self, daemon: Daemon) -> None:
        """Prune what *daemon* has written."""
        self._daemon = daemon
        self._due = daemon.clock.monotonic()

    def pass_time(self) -> None:
        """
        Prune, if it was not done for `EVERY_SECONDS`.

        Raises:
            StoreError: The records cannot be read or written.

        """
        now, retention = self._daemon.clock.monotonic(), self._daemon.settings.retention
        if retention is None or now < self._due:
            return
        self._due = now + EVERY_SECONDS
        with self._daemon.leading.working() as epoch:
            if epoch is not None:
                prune(self._daemon.led, retention, now=self._daemon.clock.now())
