"""The inbox: what people did in Slack, each deed kept once, and what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, or_, select, update

from stopwatch.core.decision import Act, DecisionId
from stopwatch.core.inbox import Declaration, Deed, Interaction, Receipt, Way
from stopwatch.store.schema import inbox

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping

    from stopwatch.core.inbox import Result

_PLAIN = ("key", "user", "rev", "shown", "team", "ticket", "fields", "origin")


def receive(connection: Connection, deed: Interaction, *, now: datetime, result: Result | None) -> Receipt:
    """Keep *deed* unless it, or this delivery of it, is known; without a *result* it waits to be applied."""
    same = inbox.c.key == deed.key
    if deed.ticket is not None:
        same = or_(same, inbox.c.ticket == deed.ticket)
    found = connection.execute(select(inbox.c.key, inbox.c.ticket).where(same)).all()
    if deed.ticket is not None and any(row.ticket == deed.ticket for row in found):
        return Receipt.REPLAYED
    if found:
        return Receipt.REPEATED
    newest = connection.execute(select(func.max(inbox.c.number))).scalar_one()
    values = {name: getattr(deed, name) for name in _PLAIN}
    values |= {"fields": dict(deed.fields), "origin": dict(deed.origin)}
    connection.execute(
        insert(inbox).values(
            number=(newest or 0) + 1,
            way=deed.way.value,
            act=deed.act.value,
            decision=deed.decision,
            received_at=now,
            result=None if result is None else result.value,
            finished_at=None if result is None else now,
            **values,
        )
    )
    return Receipt.NEW


def waiting(connection: Connection) -> list[tuple[Interaction, datetime]]:
    """Return the deeds that wait to be applied with the times of their arrival, oldest first."""
    query = select(inbox).where(inbox.c.result.is_(None)).order_by(inbox.c.number)
    return [(_deed(row), row["received_at"]) for row in connection.execute(query).mappings()]


def finish(connection: Connection, key: str, result: Result, *, now: datetime) -> None:
    """Write down what became of a deed."""
    connection.execute(update(inbox).where(inbox.c.key == key).values(result=result.value, finished_at=now))


def _deed(row: RowMapping) -> Interaction:
    plain = {name: row[name] for name in _PLAIN}
    return Interaction(way=Way(row["way"]), act=_act(row["act"]), decision=DecisionId(row["decision"]), **plain)


def _act(word: str) -> Deed:
    return Declaration(word) if word in set(Declaration) else Act(word)
