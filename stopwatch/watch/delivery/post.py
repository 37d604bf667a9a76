"""Sending a message as new: claimed first, degraded and redirected at once, settled by what the receiver said."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from stopwatch.core.outbox import Effect, MessageKind, OutboxState
from stopwatch.watch.delivery.line import SWEPT, Copy
from stopwatch.watch.delivery.summary import summary_of

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.outbox import Delivery, OutboxRow
    from stopwatch.watch.delivery.line import Line
    from stopwatch.watch.delivery.report import Tally

Group = tuple["OutboxRow", ...]
"""Rows that one message tells together; empty for a message that tells itself."""

_THREAD_LOST = "thread_lost"


class Where(NamedTuple):
    """A destination: a channel and, for an item of a thread, the thread's root."""

    channel: str
    thread: str | None


def post(line: Line, row: OutboxRow, group: Group, now: datetime, tally: Tally) -> None:
    """Send a row as new, unless its channel must wait or it belongs to a card that is not there yet."""
    where = _where(line, row, now)
    if where is None or not line.pacing.may_send(where.channel, now):
        return
    while True:
        claimed = line.outbox.claim(row.message.key, now)
        decision = line.card(claimed)
        if decision is None and claimed.message.kind is MessageKind.ROOT:
            line.bury(claimed, "decision_missing", now, tally)
            return
        message = summary_of(claimed.message, group) if group else claimed.message
        addressed = replace(claimed, message=replace(message, channel=where.channel))
        outcome = line.notifier.post(addressed, decision, thread=where.thread, detail=line.detail(row))
        tally.note("post", outcome)
        if outcome.effect is Effect.BAD_FORMAT and line.degrade(row, outcome, tally):
            continue
        if outcome.effect is not Effect.BAD_DESTINATION:
            break
        line.broke(where.channel, outcome.code, now)
        if line.fallback is None or line.pacing.avoids(line.fallback, now):
            break
        where = Where(line.fallback, None)
    _settle(line, claimed, where, outcome, now, tally)
    if outcome.effect is Effect.SENT:
        _told(line, group[1:], Copy(str(outcome.ts), outcome.channel or where.channel), now, tally)


def _where(line: Line, row: OutboxRow, now: datetime) -> Where | None:
    """Return where a row goes now; None while it waits for the card whose thread it belongs to."""
    root = line.root(row)
    if root is not None and root.state is not OutboxState.DEAD:
        if root.state is not OutboxState.SENT or root.ts is None:
            return None
        return Where(root.sent_channel or root.message.channel, root.ts)
    if line.fallback is not None and line.pacing.avoids(row.message.channel, now):
        return Where(line.fallback, None)
    return Where(row.message.channel, None)


def _settle(line: Line, row: OutboxRow, where: Where, outcome: Delivery, now: datetime, tally: Tally) -> None:
    key = row.message.key
    state, due_at = OutboxState.PENDING, now
    match outcome.effect:
        case Effect.SENT:
            tally.arrived(row.message.kind)
            copy = Copy(str(outcome.ts), outcome.channel or where.channel)
            line.arrived(row, copy, now, delivered=row.desired)
            if outcome.code == _THREAD_LOST:
                _check_root(line, row, now)
            return
        case Effect.BAD_FORMAT if row.message.kind is not MessageKind.ROOT:
            line.bury(row, outcome.code, now, tally)
            return
        case Effect.AMBIGUOUS:
            tally.unknown += 1
            line.awaited.add(key)
            state, due_at = OutboxState.UNKNOWN, now + max(line.plan.settle, line.pacing.wait(key))
        case Effect.THROTTLED:
            due_at = line.hold(row, where.channel, outcome, now)
        case Effect.BAD_APP:
            line.trip(outcome, now)
        case _:
            due_at = now + line.pacing.wait(key)
    line.outbox.settle(key, state, due_at=due_at, error=outcome.code)


def _told(line: Line, rows: Group, copy: Copy, now: datetime, tally: Tally) -> None:
    """Write down that rows were told by the summary that *copy* is."""
    for row in rows:
        sent = (copy.ts, copy.channel, now)
        line.outbox.settle(row.message.key, OutboxState.SENT, due_at=now, sent=sent, delivered=1, swept=SWEPT)
        tally.summarised += 1


def _check_root(line: Line, row: OutboxRow, now: datetime) -> None:
    """Sweep the card at once whose thread turned out to be gone: if it was deleted, it is posted anew."""
    root = line.root(row)
    if root is not None and root.state is OutboxState.SENT and line.plan.sweep:
        sent = (str(root.ts), root.sent_channel or root.message.channel, now - line.plan.sweep[0])
        line.outbox.settle(root.message.key, OutboxState.SENT, due_at=now, sent=sent, swept=0)
