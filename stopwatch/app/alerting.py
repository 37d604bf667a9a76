"""What makes silence loud: escalation, second notifiers, and the outbox's own figures, a few times a minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from stopwatch.core.status import OutboxStatus
from stopwatch.watch.escalating import Reach, escalate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.app.daemon import Daemon
    from stopwatch.app.sending import SenderThread

log = structlog.get_logger()


class Alerting:
    """Watches unanswered decisions; one instance per process, called from one thread of the scheduler."""

    def __init__(self, daemon: Daemon, slack: SenderThread | None, notifiers: Sequence[SenderThread]) -> None:
        """Look after what *daemon* has written; *slack* is None while Slack is off."""
        self._daemon = daemon
        self._slack = slack
        self._notifiers = tuple(notifiers)

    def pass_time(self) -> None:
        """
        Put into the outbox what is due now, and count what waits there.

        Raises:
            StoreError: The records could not be read or written; the next pass makes up for it.

        """
        now = self._daemon.clock.now()
        self._measure()
        reach = Reach(
            slack=self._slack is not None and not self._slack.refused,
            notifiers=tuple(notifier.name for notifier in self._notifiers),
        )
        louder = escalate(self._daemon.store, self._daemon.rule_set.plan, reach, now=now)
        for message in louder.told:
            log.warning("escalation.due", key=message.key, kind=message.kind.value, notifier=message.notifier)
        for key in louder.withdrawn:
            log.info("escalation.withdrawn", key=key)

    def _measure(self) -> None:
        now = self._daemon.clock.now()
        counts = self._daemon.store.outbox_counts(now)
        oldest = max((count.oldest for count in counts if count.oldest is not None), default=None)
        known = dict.fromkeys((thread.name for thread in (self._slack, *self._notifiers) if thread is not None), 0)
        self._daemon.metrics.observe_outbox(
            OutboxStatus(
                pending=known | {count.notifier: count.pending for count in counts},
                unknown=sum(count.unknown for count in counts),
                oldest=now - oldest if oldest is not None else None,
                slack_up=self._slack.up if self._slack is not None else None,
            )
        )
