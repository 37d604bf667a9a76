"""What makes silence loud: escalation, blind sites, and the outbox's own figures."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from stopwatch.app.building import channel_of
from stopwatch.core.escalation import Cause
from stopwatch.core.status import OutboxStatus
from stopwatch.watch.blindness import BlindWatch, looks_of
from stopwatch.watch.escalating import Reach, escalate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.app.daemon import Daemon
    from stopwatch.app.sending import SenderThread

log = structlog.get_logger()

BLIND_EVERY = timedelta(seconds=10)
"""How often every rule of every site is looked at; what is told of it waits for minutes anyway."""


class Alerting:
    """Watches unanswered decisions; one instance per process, called from one thread of the scheduler."""

    def __init__(self, daemon: Daemon, slack: SenderThread | None, notifiers: Sequence[SenderThread]) -> None:
        """Look after what *daemon* has written; *slack* is None while Slack is off."""
        self._daemon = daemon
        self._slack = slack
        self._notifiers = tuple(notifiers)
        self._blind = BlindWatch()
        self._looked_at: datetime | None = None
        self._epoch: int | None = None
        daemon.metrics.expect_notifiers(thread.name for thread in (slack, *notifiers) if thread is not None)

    def pass_time(self) -> None:
        """
        Put into the outbox what is due now, if this replica leads, and count what waits there.

        Raises:
            StoreError: The records could not be read or written; the next pass makes up for it.

        """
        self._measure()
        with self._daemon.leading.working() as epoch:
            if epoch != self._epoch:  # what was told since is in the records
                self._epoch, self._blind, self._daemon.board.blind = epoch, BlindWatch(), frozenset()
            if epoch is not None:
                self._look(self._daemon.clock.now())

    def _look(self, now: datetime) -> None:
        reach = Reach(
            slack=self._slack is not None and not self._slack.refused,
            notifiers=tuple(notifier.name for notifier in self._notifiers),
        )
        louder = escalate(self._daemon.led.recall, self._daemon.rule_set.plan, reach, now=now)
        for message in louder.told:
            if message.body.get("cause") != Cause.DRILL.value:
                self._daemon.metrics.count_escalation(message.notifier)
            log.warning("escalation.due", key=message.key, kind=message.kind.value, notifier=message.notifier)
        for key in louder.withdrawn:
            log.info("escalation.withdrawn", key=key)

        self._look_for_blind_sites(now)

    def _look_for_blind_sites(self, now: datetime) -> None:
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < BLIND_EVERY:
            return
        self._looked_at = now
        rule_set = self._daemon.rule_set
        sights = self._blind.look(
            self._daemon.led,
            rule_set.plan,
            looks_of(self._daemon.watches, now),
            channel=channel_of(rule_set, self._daemon.settings),
            now=now,
        )
        self._daemon.board.blind = sights.now_blind
        for found in sights.blind:
            rules = {rule.rule: rule.why.value for rule in found.rules}
            log.warning("site.blind", site=found.site, since=found.since.isoformat(), rules=rules)
        for site in sights.over:
            log.info("site.seen", site=site)

    def _measure(self) -> None:
        now = self._daemon.clock.now()
        counts = self._daemon.store.outbox_waiting()
        oldest = min((count.oldest for count in counts if count.oldest is not None), default=None)
        known = dict.fromkeys((thread.name for thread in (self._slack, *self._notifiers) if thread is not None), 0)
        self._daemon.metrics.observe_outbox(
            OutboxStatus(
                pending=known | {count.notifier: count.pending for count in counts},
                unknown=sum(count.unknown for count in counts),
                oldest=min(now, oldest) if oldest is not None else None,
                slack_up=self._slack.up if self._slack is not None else None,
            )
        )
