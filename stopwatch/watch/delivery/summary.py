"""After a long silence people get one summary, not sixty old messages: which waiting thread items become one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339
from stopwatch.core.outbox import MessageKind, OutboxState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.decision import DecisionId
    from stopwatch.core.outbox import Message, OutboxRow

WAITED = timedelta(minutes=10)
FEWEST = 3
_KINDS = frozenset({MessageKind.GROUND, MessageKind.ACT, MessageKind.RECOVERED})


def bundles(rows: Iterable[OutboxRow], *, now: datetime) -> Mapping[str, tuple[OutboxRow, ...]]:
    """
    Return, by the key of the first, the rows that are to be told in one message: none of them was ever half sent.

    A decision's items are bundled when at least three wait and the oldest of them has waited ten minutes.
    """
    waiting: dict[tuple[DecisionId, str], list[OutboxRow]] = defaultdict(list)
    for row in rows:
        message = row.message
        if message.decision is not None and row.state is OutboxState.PENDING and message.kind in _KINDS:
            waiting[message.decision, message.channel].append(row)
    return {
        items[0].message.key: tuple(items)
        for items in waiting.values()
        if len(items) >= FEWEST and now - items[0].created_at >= WAITED
    }


def summary_of(lead: Message, rows: Sequence[OutboxRow]) -> Message:
    """Return the one message that tells *rows*, under the key of their first."""
    items = [{"kind": row.message.kind.value, "rev": row.message.rev, "body": dict(row.message.body)} for row in rows]
    body = {"items": items, "since": rfc3339(rows[0].created_at), "until": rfc3339(rows[-1].created_at)}
    return replace(lead, kind=MessageKind.SUMMARY, body=body)
