"""Bringing a card, or another living message, up to date where it stands, or posting it anew where it cannot be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.outbox import Effect, MessageKind, OutboxState
from stopwatch.watch.delivery.line import log
from stopwatch.watch.delivery.post import post
from stopwatch.watch.delivery.report import Reposted

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.outbox import Delivery, OutboxRow
    from stopwatch.watch.delivery.line import Line
    from stopwatch.watch.delivery.report import Tally


def update(line: Line, row: OutboxRow, now: datetime, tally: Tally) -> None:
    """Update a living message that is out of date, unless it was changed less than three seconds ago."""
    key, channel = row.message.key, row.sent_channel or row.message.channel
    if not line.pacing.spaced(key, now) or not line.pacing.may_send(channel, now):
        return
    while True:
        claimed = line.outbox.claim(key, now)
        decision = line.card(claimed)
        if decision is None and row.message.kind is MessageKind.ROOT:
            line.bury(claimed, "decision_missing", now, tally)
            return
        outcome = line.notifier.update(claimed, decision, detail=line.detail(row))
        tally.note("update", outcome)
        if outcome.effect is not Effect.BAD_FORMAT or not line.degrade(row, outcome, tally):
            break
    live = decision.state.live if decision is not None else not row.message.body.get("over")
    if _moves(line, outcome, channel, now, live=live):
        tally.reposted.append(Reposted(row.message.decision, key, channel, row.ts, outcome.code))
        log.warning("delivery.card_reposted", key=key, code=outcome.code)
        line.outbox.settle(key, OutboxState.PENDING, due_at=now, error=outcome.code, swept=0)
        post(line, claimed, (), now, tally)
    else:
        _settle(line, claimed, outcome, now, tally, live=live)


def _settle(line: Line, row: OutboxRow, outcome: Delivery, now: datetime, tally: Tally, *, live: bool) -> None:
    key = row.message.key
    error: str | None = outcome.code
    delivered: int | None = None
    match outcome.effect:
        case Effect.SENT:
            tally.updated += 1
            line.pacing.succeeded(key)
            line.pacing.updated(key, now)
            due_at, error, delivered = line.next_sweep(row, now), None, row.desired
        case Effect.GONE | Effect.BAD_DESTINATION if not live:
            due_at, delivered = line.next_sweep(row, now), row.desired
        case Effect.THROTTLED:
            due_at = line.hold(row, row.sent_channel or row.message.channel, outcome, now)
        case Effect.BAD_APP:
            line.trip(outcome, now)
            due_at = now
        case _:
            due_at = now + line.pacing.wait(key)
    line.outbox.settle(key, OutboxState.SENT, due_at=due_at, error=error, delivered=delivered)


def _moves(line: Line, outcome: Delivery, channel: str, now: datetime, *, live: bool) -> bool:
    """Whether a message is posted anew: gone while it is *live*, or in a broken channel and there is another."""
    if outcome.effect is Effect.GONE:
        return live
    if outcome.effect is not Effect.BAD_DESTINATION:
        return False
    line.broke(channel, outcome.code, now)
    return line.fallback not in {None, channel}
