"""Keeping alerts alight: one that was fired is put again each minute while its site is paused, then resolved."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

import structlog

from stopwatch.core.escalation import Alarm, Cause
from stopwatch.core.outbox import Effect, OutboxState
from stopwatch.watch.delivery.line import SWEPT
from stopwatch.watch.delivery.pacing import Pacing
from stopwatch.watch.delivery.report import Tally
from stopwatch.watch.escalating import ALERTMANAGER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from random import Random

    from stopwatch.core.outbox import Delivery, OutboxRow
    from stopwatch.watch.delivery.mail import Outbox
    from stopwatch.watch.delivery.report import DeliveryReport

log = structlog.get_logger()

EVERY = timedelta(minutes=1)
LASTS = timedelta(minutes=4)
"""An alert that is not put again ends after this time by itself, so that a dead daemon leaves none behind."""
LIMIT = 500


class AlertReceiver(Protocol):
    """Takes alerts as they should stand."""

    def put(self, alarms: Sequence[Alarm]) -> Delivery:
        """Put alerts in the state they should have; doing so twice changes nothing."""
        ...


class AlertKeeper:
    """
    Brings the alerts of the outbox's rows in line with their decisions; a row is due until its alert is resolved.

    Nothing is looked up before it is put again, because putting an alert twice changes nothing.
    """

    def __init__(self, outbox: Outbox, receiver: AlertReceiver, *, rng: Random) -> None:
        self._outbox = outbox
        self._receiver = receiver
        self._pacing = Pacing(rng)
        self._up = True

    @property
    def refused(self) -> bool:
        """Whether the receiver refuses our credentials; it is asked again all the same."""
        return False

    def deliver(self, now: datetime, *, stopping: Callable[[], bool] = lambda: False) -> DeliveryReport:
        """
        Put all alerts that are due at *now* in one request.

        Raises:
            StoreError: The outbox could not be read or written; the alerts are put again.

        """
        tally, alarms, resolved = Tally(), dict[str, Alarm](), set[str]()
        rows = [] if stopping() else self._outbox.due(now, limit=LIMIT, notifier=ALERTMANAGER)
        for row in rows:
            alarm = self._alarm(row, now)
            if alarm is None:
                self._outbox.settle(row.message.key, OutboxState.DEAD, due_at=now, error="decision_missing")
                tally.dead["decision_missing"] += 1
                continue
            self._outbox.claim(row.message.key, now)
            alarms[row.message.key] = alarm
            if not alarm.decision.state.pausing:
                resolved.add(row.message.key)
        if alarms:
            outcome = self._receiver.put(list(alarms.values()))
            tally.note("put", outcome)
            self._up = outcome.effect is Effect.SENT
            for row in rows:
                if row.message.key in alarms:
                    self._settle(row, outcome, now, tally, over=row.message.key in resolved)
        return tally.report(up=self._up, broken={})

    def _alarm(self, row: OutboxRow, now: datetime) -> Alarm | None:
        decision = self._outbox.card(row.message.decision) if row.message.decision is not None else None
        if decision is None:
            return None
        ends = now + LASTS if decision.state.pausing else max(now, decision.opened_at + timedelta(seconds=1))
        return Alarm(decision, decision.opened_at, ends, str(row.message.body.get("cause") or Cause.UNANSWERED))

    def _settle(self, row: OutboxRow, outcome: Delivery, now: datetime, tally: Tally, *, over: bool) -> None:
        key = row.message.key
        if outcome.effect is Effect.SENT:
            self._pacing.succeeded(ALERTMANAGER)
            if row.state is OutboxState.SENT:
                tally.updated += 1
            else:
                tally.arrived(row.message.kind)
            sent = (key, ALERTMANAGER, row.sent_at or now)
            swept = SWEPT if over else 0
            self._outbox.settle(
                key, OutboxState.SENT, due_at=now + EVERY, sent=sent, delivered=row.desired, swept=swept
            )
            return
        unsent = OutboxState.UNKNOWN if outcome.effect is Effect.AMBIGUOUS else OutboxState.PENDING
        state = OutboxState.SENT if row.state is OutboxState.SENT else unsent
        due_at = now + (outcome.retry_after or self._pacing.wait(ALERTMANAGER))
        self._outbox.settle(key, state, due_at=due_at, error=outcome.code)
