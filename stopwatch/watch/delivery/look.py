"""Looking messages up: whether what may have arrived did, which copies are too many, what was accepted and lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stopwatch.core.outbox import LIVING, Delivery, Effect, MessageKind, OutboxState
from stopwatch.watch.delivery.line import SWEPT, Copy, log
from stopwatch.watch.delivery.pacing import LOOK_UPS
from stopwatch.watch.delivery.post import post

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.core.outbox import OutboxRow
    from stopwatch.watch.delivery.line import Line
    from stopwatch.watch.delivery.report import Tally

_NO_SIGHT = frozenset({Effect.BAD_DESTINATION, Effect.BAD_FORMAT, Effect.GONE})


@dataclass(frozen=True, slots=True)
class Found:
    """
    What a look-up brought.

    *copies* are the messages that stand, oldest first. *seen* is false where a channel does not let us look, so that
    nothing found means nothing. *failure* is set where the same question may be answered later.
    """

    copies: tuple[Copy, ...] = ()
    seen: bool = True
    failure: Delivery | None = None


def look_up(line: Line, row: OutboxRow, now: datetime, tally: Tally) -> None:
    """Find out whether a request of unknown end arrived; only what did not is sent again."""
    key = row.message.key
    if key not in line.awaited:
        # An earlier process left it so, perhaps a moment ago: what it sent may still be on its way.
        line.awaited.add(key)
        line.outbox.settle(key, OutboxState.UNKNOWN, due_at=now + line.plan.settle, error=row.error)
        return
    found = _find(line, row, now, tally, everywhere=True)
    if found is None:
        return
    if found.failure is not None:
        due_at = now + max(line.pacing.wait(key), found.failure.retry_after or line.plan.settle)
        line.outbox.settle(key, OutboxState.UNKNOWN, due_at=due_at, error=found.failure.code)
        return
    line.awaited.discard(key)
    # A card that was given up where it stood may still be seen there under the same key.
    copies = [copy for copy in found.copies if copy.ts != row.ts]
    if copies:
        tally.lost_found += 1
        _remove(line, copies[1:], tally)
        # Which version arrived is not known, so a living message is brought up to date once more.
        line.arrived(row, copies[0], now, delivered=0 if row.message.kind in LIVING else row.desired)
        return
    line.outbox.settle(key, OutboxState.PENDING, due_at=now, error=row.error)
    if row.message.kind is MessageKind.ROOT:
        post(line, row, (), now, tally)


def sweep(line: Line, row: OutboxRow, now: datetime, tally: Tally) -> None:
    """Look a sent message up once more: remove extra copies, send again what was accepted and lost."""
    key, due_at = row.message.key, line.next_sweep(row, now)
    if row.swept >= len(line.plan.sweep) or row.sent_at is None:
        line.outbox.settle(key, OutboxState.SENT, due_at=now, swept=SWEPT)
        return
    if due_at > now:
        line.outbox.settle(key, OutboxState.SENT, due_at=due_at)
        return
    found = _find(line, row, now, tally, everywhere=False)
    if found is None:
        return
    if found.failure is not None:
        wait = max(line.pacing.wait(key), found.failure.retry_after or line.plan.settle)
        line.outbox.settle(key, OutboxState.SENT, due_at=now + wait)
    elif not found.copies and found.seen:
        tally.resent += 1
        log.warning("delivery.message_lost", key=key)
        for each in (row, *_told_with(line, row)):
            line.outbox.settle(each.message.key, OutboxState.PENDING, due_at=now, error="lost", swept=0)
        if row.message.kind is MessageKind.ROOT:
            post(line, row, (), now, tally)
    else:
        _tidy(line, row, found.copies, now, tally)


def _told_with(line: Line, row: OutboxRow) -> list[OutboxRow]:
    """Return the other rows that the message of *row* told, if it was a summary; nobody else looks for them."""
    told = (row.message.decision, row.sent_channel, row.ts)
    return [
        other
        for other in line.outbox.rows(OutboxState.SENT)
        if other.message.key != row.message.key and (other.message.decision, other.sent_channel, other.ts) == told
    ]


def _tidy(line: Line, row: OutboxRow, copies: Sequence[Copy], now: datetime, tally: Tally) -> None:
    """Keep the copy that is known, else the oldest, remove the others, and plan the next sweep."""
    key, number = row.message.key, row.swept + 1
    kept = next((copy for copy in copies if copy.ts == row.ts), copies[0] if copies else None)
    if not _remove(line, [copy for copy in copies if copy is not kept], tally):
        line.outbox.settle(key, OutboxState.SENT, due_at=now + max(line.pacing.wait(key), line.plan.settle))
        return
    again = number < len(line.plan.sweep)
    sent, delivered = None, None
    if kept is not None and kept.ts != row.ts and row.sent_at is not None:
        sent = (kept.ts, kept.channel, row.sent_at)
        delivered = 0 if row.message.kind in LIVING else row.delivered
    due_at = line.next_sweep(replace(row, swept=number), now)
    swept = number if again else max(number, SWEPT)
    line.pacing.succeeded(key)
    line.outbox.settle(key, OutboxState.SENT, due_at=due_at, sent=sent, delivered=delivered, swept=swept)


def _find(line: Line, row: OutboxRow, now: datetime, tally: Tally, *, everywhere: bool) -> Found | None:
    """Return what stands of a row, where it is known or *everywhere* it may be; None while this must wait."""
    if not line.pacing.may_look_up(now):
        return None
    root = line.root(row)
    known = [row.sent_channel, root.sent_channel if root and not row.sent_channel else None, row.message.channel]
    wanted = [*known, line.fallback] if everywhere else known
    copies: list[Copy] = []
    seen = True
    for channel in dict.fromkeys(channel for channel in wanted if channel):
        thread = root.ts if root and channel == root.sent_channel else None
        answer = line.notifier.find(replace(row, sent_channel=channel), thread=thread)
        if not isinstance(answer, Delivery):
            copies.extend(Copy(ts, channel) for ts in answer)
            tally.misses = 0
            continue
        tally.note("find", answer)
        if answer.effect not in _NO_SIGHT:
            return Found(failure=_failed(line, answer, now))
        seen = False
    return Found(tuple(copies), seen)


def _failed(line: Line, answer: Delivery, now: datetime) -> Delivery:
    if answer.effect is Effect.THROTTLED and answer.retry_after is not None:
        line.pacing.hold(LOOK_UPS, now + answer.retry_after)
    elif answer.effect is Effect.BAD_APP:
        line.trip(answer, now)
    return answer


def _remove(line: Line, extra: Sequence[Copy], tally: Tally) -> bool:
    """Remove copies that are too many; False if one of them still stands and may be removed later."""
    done = True
    for copy in extra:
        outcome = line.notifier.delete(copy.channel, copy.ts)
        tally.note("delete", outcome)
        if outcome.effect is Effect.SENT:
            tally.duplicates_removed += 1
        elif outcome.effect not in _NO_SIGHT:
            done = False
    return done
