"""Pruning what the retention lets go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.watch.retention import prune

if TYPE_CHECKING:
    from stopwatch.app.daemon import Daemon


class Pruning:
    """Prunes the records of one daemon; called from one thread of the scheduler, idle without a retention."""

    def __init__(self, daemon: Daemon) -> None:
        """Prune what *daemon* has written."""
        self._daemon = daemon

    def wanted(self) -> bool:
        """Tell whether there is a retention."""
        return self._daemon.settings.retention is not None

    def pass_time(self) -> None:
        """
        Prune, if this replica leads.

        Raises:
            StoreError: The records cannot be read or written.

        """
        retention = self._daemon.settings.retention
        if retention is None:
            return
        with self._daemon.leading.working() as epoch:
            if epoch is not None:
                prune(self._daemon.led, retention, now=self._daemon.clock.now())
