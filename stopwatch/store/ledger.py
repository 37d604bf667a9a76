"""The ledger's rows: appended with the next number, read in the order in which they were written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection, func, insert, select

from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.store.schema import ledger

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Row

_PLAIN = ("rollout", "scope", "item", "actor", "at")


def append(connection: Connection, entry: Entry) -> Entry:
    """Append *entry* and return it with its number."""
    newest = connection.execute(select(func.max(ledger.c.number))).scalar_one()
    numbered = replace(entry, number=(newest or 0) + 1)
    values = {name: getattr(numbered, name) for name in _PLAIN}
    connection.execute(
        insert(ledger).values(number=numbered.number, kind=entry.kind.value, body=dict(entry.body), **values)
    )
    return numbered


def load(
    connection: Connection, rollout: str, *, kind: EntryKind | None = None, scope: str | None = None
) -> list[Entry]:
    """Return the entries of a rollout, of one kind and of one scope if they are named, oldest first."""
    query = select(ledger).where(ledger.c.rollout == rollout)
    if kind is not None:
        query = query.where(ledger.c.kind == kind.value)
    if scope is not None:
        query = query.where(ledger.c.scope == scope)
    return [_entry(row) for row in connection.execute(query.order_by(ledger.c.number))]


def newest(connection: Connection, rollout: str, kinds: Collection[EntryKind]) -> list[Entry]:
    """Return the newest entry of each of *kinds* and each scope, oldest first."""
    numbers = (
        select(func.max(ledger.c.number))
        .where(ledger.c.rollout == rollout, ledger.c.kind.in_([kind.value for kind in kinds]))
        .group_by(ledger.c.kind, ledger.c.scope)
    )
    query = select(ledger).where(ledger.c.number.in_(numbers)).order_by(ledger.c.number)
    return [_entry(row) for row in connection.execute(query)]


def _entry(row: Row[tuple[object, ...]]) -> Entry:
    plain = {name: getattr(row, name) for name in _PLAIN}
    return Entry(number=row.number, kind=EntryKind(row.kind), body=row.body, **plain)
