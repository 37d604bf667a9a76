"""Reading, a little later, the slots that openings could not wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from stopwatch.core.reading import Origin
from stopwatch.watch.appending import Appending

if TYPE_CHECKING:
    from stopwatch.app.daemon import Daemon

log = structlog.get_logger()


class Appendices:
    """Makes the appendices of one daemon; called from a thread of the scheduler of its own, so that nothing waits."""

    def __init__(self, daemon: Daemon) -> None:
        """Complete what *daemon* has recorded, by the sources that it reads."""
        self._daemon = daemon
        self._appending = Appending()

    def pass_time(self) -> None:
        """
        Make what is due, if this replica leads.

        Raises:
            StoreError: The records could not be read or written; the next pass makes up for it.

        """
        daemon = self._daemon
        watches = {watch.name: watch for watch in daemon.watches}
        with daemon.leading.working() as epoch:
            if epoch is None:
                return
            done = self._appending.pass_time(
                daemon.led.recall,
                daemon.rule_set.plan.rollout,
                {name: watch.source for name, watch in watches.items()},
                lambda name: watches[name].book.origin(name) if name in watches else Origin(),
                now=daemon.clock.now(),
            )
        for each in done:
            if each.sha256 is not None:
                log.info("evidence.appended", decision=each.decision, ground=each.ground, appendix=each.sha256)
            else:
                log.info("evidence.not_appended", decision=each.decision, ground=each.ground, detail=each.reason)
