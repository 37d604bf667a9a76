"""What every step of delivery shares: outbox, receiver, plan, pace, and how each row was treated so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import structlog

from stopwatch.core.outbox import UNRENDERABLE, Detail, MessageKind, OutboxState

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.core.outbox import Delivery, OutboxRow
    from stopwatch.core.rollout import DeliveryPlan
    from stopwatch.watch.delivery.mail import Notifier, Outbox
    from stopwatch.watch.delivery.pacing import Pacing
    from stopwatch.watch.delivery.report import Tally

SWEPT = 2
"""The outbox offers a sent row until it was swept so often."""

_NEXT = dict(pairwise(Detail))

log = structlog.get_logger()


class Copy(NamedTuple):
    """One message that stands: its id and the channel it stands in."""

    ts: str
    channel: str


@dataclass(frozen=True, slots=True)
class Line:
    """
    The line to one receiver.

    *details* remembers how richly a row may be rendered, once less than all was asked for. *awaited* holds the rows of
    unknown end whose settling this process has waited for, or is waiting for.
    """

    name: str
    outbox: Outbox
    notifier: Notifier
    plan: DeliveryPlan
    fallback: str | None
    pacing: Pacing
    details: dict[str, Detail] = field(default_factory=dict)
    awaited: set[str] = field(default_factory=set)

    def card(self, row: OutboxRow) -> Decision | None:
        """Return the decision a row belongs to, as it stands."""
        return self.outbox.card(row.message.decision) if row.message.decision else None

    def root(self, row: OutboxRow) -> OutboxRow | None:
        """Return the card here that a row is a thread item of; None for cards and for messages without a decision."""
        if row.message.kind is MessageKind.ROOT or row.message.decision is None:
            return None
        root = self.outbox.root(row.message.decision)
        return root if root is not None and root.message.notifier == self.name else None

    def detail(self, row: OutboxRow) -> Detail:
        """Return how richly a row is rendered now."""
        return self.details.get(row.message.key, Detail.FULL)

    def degrade(self, row: OutboxRow, outcome: Delivery, tally: Tally) -> bool:
        """Ask for less detail after a refused format; False if there is nothing left to leave out."""
        lower = _NEXT.get(self.detail(row))
        if lower is None or (lower is Detail.MINIMAL and outcome.code != UNRENDERABLE):
            return False
        self.details[row.message.key] = lower
        tally.degraded[row.message.kind.value] += 1
        log.warning("delivery.message_degraded", key=row.message.key, detail=lower.value, code=outcome.code)
        return True

    def arrived(self, row: OutboxRow, copy: Copy, now: datetime, *, delivered: int) -> None:
        """Write down that a message stands; its sweeps begin anew."""
        key, sweep = row.message.key, self.plan.sweep
        self.pacing.succeeded(key)
        self.pacing.mended(copy.channel)
        self.pacing.updated(key, now)
        self.outbox.settle(
            key,
            OutboxState.SENT,
            due_at=now + sweep[0] if sweep else now,
            sent=(copy.ts, copy.channel, now),
            delivered=delivered,
            swept=0 if sweep else SWEPT,
        )

    def next_sweep(self, row: OutboxRow, now: datetime) -> datetime:
        """Return when a sent row is to be swept next; *now* where nothing is left to sweep."""
        if row.sent_at is None or row.swept >= len(self.plan.sweep):
            return now
        return row.sent_at + self.plan.sweep[row.swept]

    def hold(self, row: OutboxRow, channel: str, outcome: Delivery, now: datetime) -> datetime:
        """Hold a channel as long as the receiver asks, and return the end of it."""
        until = now + (outcome.retry_after or self.pacing.wait(row.message.key))
        self.pacing.hold(channel, until)
        return until

    def broke(self, channel: str, code: str, now: datetime) -> None:
        """Remember that a destination refuses us."""
        if channel not in self.pacing.broken:
            log.error("delivery.destination_broken", channel=channel, code=code)
        self.pacing.broke(channel, code, now)

    def trip(self, outcome: Delivery, now: datetime) -> None:
        """Open the circuit: the receiver refuses our credentials."""
        if not self.pacing.open:
            log.error("delivery.circuit_opened", notifier=self.name, code=outcome.code)
        self.pacing.trip(now)

    def bury(self, row: OutboxRow, reason: str, now: datetime, tally: Tally) -> None:
        """Give a row up, said aloud."""
        tally.dead[reason] += 1
        log.error("delivery.message_dead", key=row.message.key, reason=reason)
        self.outbox.settle(row.message.key, OutboxState.DEAD, due_at=now, error=reason)
