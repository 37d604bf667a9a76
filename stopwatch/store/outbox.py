"""The outbox: which rows are due, and what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, func, insert, literal, not_, or_, select, update

from stopwatch.core.decision import DecisionId
from stopwatch.core.errors import StoreError
from stopwatch.core.outbox import LIVING, Message, MessageKind, OutboxRow, OutboxState
from stopwatch.store.columns import Instant
from stopwatch.store.schema import outbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import RowMapping, Select

SWEEPS = 2
"""How often a sent row is looked at again: shortly after sending, then minutes later."""

_UNSENT = (OutboxState.PENDING.value, OutboxState.UNKNOWN.value)
_SENT = OutboxState.SENT.value
_DEAD = OutboxState.DEAD.value
_ROOT = MessageKind.ROOT.value
_LIVING = tuple(sorted(kind.value for kind in LIVING))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one notifier still has to deliver; *oldest* is when the oldest such row was made, None without any."""

    notifier: str
    pending: int
    unknown: int
    oldest: datetime | None


def enqueue(connection: Connection, message: Message, *, now: datetime) -> None:
    """Put a message in, due at once; a key that is already there stays as it is."""
    if find(connection, message.key) is not None:
        return
    newest = connection.execute(select(func.max(outbox.c.number))).scalar_one()
    connection.execute(
        insert(outbox).values(
            key=message.key,
            number=(newest or 0) + 1,
            kind=message.kind.value,
            notifier=message.notifier,
            channel=message.channel,
            decision=message.decision,
            rev=message.rev,
            body=dict(message.body),
            state=OutboxState.PENDING.value,
            attempts=0,
            created_at=now,
            due_at=now,
            desired=1,
            delivered=0,
            swept=0,
        )
    )


def card_channels(connection: Connection, decision: str) -> list[str]:
    """Return the channels that hold, or wait for, the card of a decision, oldest first."""
    of_card = (outbox.c.decision == decision) & (outbox.c.kind == MessageKind.ROOT.value)
    return list(connection.execute(select(outbox.c.channel).where(of_card).order_by(outbox.c.number)).scalars())


def touch_card(connection: Connection, key: str) -> None:
    """
    Count one more desired version of a card.

    A card that stands is due for its update at once. One that was never sent, or whose last update failed, keeps its
    time, so that changes of data never defeat a back-off; it is rendered in its newest state anyway.
    """
    stands = and_(outbox.c.state == _SENT, outbox.c.error.is_(None))
    due_at = case((stands, outbox.c.created_at), else_=outbox.c.due_at)
    connection.execute(update(outbox).where(outbox.c.key == key).values(desired=outbox.c.desired + 1, due_at=due_at))


def revise(connection: Connection, key: str, body: Mapping[str, object]) -> None:
    """Replace the facts of a living message and count one more desired version, as `touch_card` does for cards."""
    connection.execute(update(outbox).where(outbox.c.key == key).values(body=dict(body)))
    touch_card(connection, key)


def unsent(connection: Connection, kind: MessageKind) -> list[OutboxRow]:
    """Return the pending and unknown rows of a kind, oldest first."""
    return rows(connection, and_(outbox.c.state.in_(_UNSENT), outbox.c.kind == kind.value))


def due(connection: Connection, now: datetime, *, limit: int, notifier: str | None = None) -> list[OutboxRow]:
    """
    Return rows with work to do and due not after *now*: roots, escalations, updates, thread items, images, then sweeps.

    Without *notifier* they are those of all notifiers. An item of a thread is held back while a card of its decision
    with the same notifier still has to be sent, because it needs that card's id. A card that is dead holds nothing
    back.
    """
    unsent = outbox.c.state.in_(_UNSENT)
    rank = case(
        (and_(unsent, outbox.c.kind == _ROOT), 0),
        (and_(unsent, outbox.c.kind == MessageKind.ESCALATION.value), 1),
        (and_(outbox.c.state == _SENT, _update_wanted()), 2),
        (and_(unsent, outbox.c.kind != MessageKind.IMAGE.value), 3),
        (unsent, 4),
        else_=5,
    )
    query = select(outbox).where(outbox.c.due_at <= now, _wanted(notifier))
    return _rows(connection, query.order_by(rank, outbox.c.number).limit(limit))


def next_due(connection: Connection, *, notifier: str | None = None) -> datetime | None:
    """Return when the next row of those that `due` may return is due, None if there is no work at all."""
    found: datetime | None = connection.execute(select(func.min(outbox.c.due_at)).where(_wanted(notifier))).scalar_one()
    return found


def _update_wanted() -> ColumnElement[bool]:
    return and_(outbox.c.kind.in_(_LIVING), outbox.c.delivered < outbox.c.desired)


def _wanted(notifier: str | None) -> ColumnElement[bool]:
    """Select the rows with work to do, now or later."""
    card = outbox.alias("card")
    waiting = and_(
        outbox.c.kind != _ROOT,
        exists().where(
            card.c.decision == outbox.c.decision,
            card.c.kind == _ROOT,
            card.c.notifier == outbox.c.notifier,
            card.c.state.in_(_UNSENT),
        ),
    )
    wanted = or_(
        and_(outbox.c.state.in_(_UNSENT), not_(waiting)),
        and_(outbox.c.state == _SENT, or_(_update_wanted(), outbox.c.swept < SWEEPS)),
    )
    return wanted if notifier is None else and_(wanted, outbox.c.notifier == notifier)


def claim(connection: Connection, key: str, now: datetime) -> OutboxRow:
    """
    Count an attempt before its request and make the row unknown.

    A sent row stays sent: what is tried is an update of a message that is known to stand.

    Raises:
        StoreError: There is no such row, or it was dropped meanwhile; do not send it.

    """
    changed = connection.execute(
        update(outbox)
        .where(outbox.c.key == key, outbox.c.state != _DEAD)
        .values(
            attempts=outbox.c.attempts + 1,
            state=case((outbox.c.state == _SENT, _SENT), else_=OutboxState.UNKNOWN.value),
            first_attempt_at=func.coalesce(outbox.c.first_attempt_at, literal(now, Instant)),
        )
    )
    row = find(connection, key) if changed.rowcount else None
    if row is None:
        raise StoreError(f"the outbox has no message {key} to be sent; it may have been dropped")
    return row


def settle(
    connection: Connection,
    key: str,
    state: OutboxState,
    *,
    due_at: datetime,
    error: str | None,
    sent: tuple[str, str, datetime] | None,
    delivered: int | None,
    swept: int | None,
) -> None:
    """
    Write down what became of a row.

    What was dropped meanwhile stays dead unless its message arrived. A card that was wanted in a newer version while
    an older one was on its way is due again at once, whatever *due_at* says, unless the request failed.
    """
    values: dict[str, object] = {"error": error, "due_at": due_at, "state": state.value}
    if state.value in _UNSENT:
        values["state"] = case((outbox.c.state == _DEAD, _DEAD), else_=state.value)
    if sent is not None:
        values |= {"ts": sent[0], "sent_channel": sent[1], "sent_at": sent[2]}
    if delivered is not None:
        values["delivered"] = delivered
        if state is OutboxState.SENT and error is None:
            overtaken = and_(outbox.c.kind.in_(_LIVING), outbox.c.desired > delivered)
            values["due_at"] = case((overtaken, outbox.c.created_at), else_=literal(due_at, Instant))
    if swept is not None:
        values["swept"] = swept
    if connection.execute(update(outbox).where(outbox.c.key == key).values(values)).rowcount == 0:
        raise StoreError(f"the outbox has no message {key}")


def retry(connection: Connection, key: str, *, now: datetime) -> OutboxRow | None:
    """Make an unsent row due at once, a dead one pending again; None if there is no such row or it was sent."""
    query = update(outbox).where(outbox.c.key == key, outbox.c.state != _SENT)
    state = case((outbox.c.state == _DEAD, OutboxState.PENDING.value), else_=outbox.c.state)
    changed = connection.execute(query.values(state=state, due_at=now))
    return find(connection, key) if changed.rowcount else None


def drop(connection: Connection, key: str, reason: str) -> OutboxRow | None:
    """Give an unsent row up for *reason*; None if there is no such row or it was sent."""
    query = update(outbox).where(outbox.c.key == key, outbox.c.state.in_(_UNSENT))
    changed = connection.execute(query.values(state=_DEAD, error=reason))
    return find(connection, key) if changed.rowcount else None


def find(connection: Connection, key: str) -> OutboxRow | None:
    """Return the row with that key."""
    found = _rows(connection, select(outbox).where(outbox.c.key == key))
    return found[0] if found else None


def rows(connection: Connection, where: ColumnElement[bool] | None = None) -> list[OutboxRow]:
    """Return the rows that *where* selects, or all, oldest first."""
    query = select(outbox).order_by(outbox.c.number)
    return _rows(connection, query if where is None else query.where(where))


def waiting(connection: Connection) -> list[Waiting]:
    """Return what every notifier that ever had a row still has to deliver."""
    pending, unknown = (func.sum(case((outbox.c.state == state, 1), else_=0)) for state in _UNSENT)
    oldest = func.min(case((outbox.c.state.in_(_UNSENT), outbox.c.created_at)))
    query = select(outbox.c.notifier, pending, unknown, oldest).group_by(outbox.c.notifier).order_by(outbox.c.notifier)
    return [Waiting(*row) for row in connection.execute(query)]


def _rows(connection: Connection, query: Select[*tuple[Any, ...]]) -> list[OutboxRow]:
    return [_row_of(row) for row in connection.execute(query).mappings()]


_PLAIN = (
    *("attempts", "created_at", "due_at", "first_attempt_at", "sent_at", "ts", "sent_channel"),
    *("desired", "delivered", "swept", "error"),
)


def _row_of(row: RowMapping) -> OutboxRow:
    message = Message(
        key=row["key"],
        kind=MessageKind(row["kind"]),
        channel=row["channel"],
        decision=None if row["decision"] is None else DecisionId(row["decision"]),
        rev=row["rev"],
        body=row["body"],
        notifier=row["notifier"],
    )
    return OutboxRow(message=message, state=OutboxState(row["state"]), **{name: row[name] for name in _PLAIN})
