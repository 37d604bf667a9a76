"""The audit table: rows appended to the hash chain, read back as they lie on disk, and verified."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import fields
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, Connection, Text, insert, select, type_coerce

from stopwatch.core.audit import GENESIS, chain_hash, first_broken
from stopwatch.core.records import AuditEntry
from stopwatch.store.columns import instant_text
from stopwatch.store.schema import audit

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

_FIELDS = tuple(field.name for field in fields(AuditEntry))
_AT_ONCE = 1_000


class AuditRow(NamedTuple):
    """One row of the chain; *body* is what its hash covers besides the previous hash: ``seq`` and the entry."""

    seq: int
    previous: str
    hash: str
    body: Mapping[str, object]


def head(connection: Connection) -> tuple[int, str]:
    """Return number and hash of the newest row, (0, genesis) before the first."""
    newest = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    row = connection.execute(newest).one_or_none()
    return (0, GENESIS) if row is None else (row.seq, row.hash)


def append(connection: Connection, entry: AuditEntry) -> str:
    """Append *entry* and return the new head; the caller's transaction is the only writer."""
    number, previous = head(connection)
    values = {name: getattr(entry, name) for name in _FIELDS} | {"details": dict(entry.details)}
    body = values | {"seq": number + 1, "at": instant_text(entry.at)}
    own = chain_hash(previous, body)
    connection.execute(insert(audit).values(seq=number + 1, previous=previous, hash=own, **values))
    return own


def rows(connection: Connection, where: ColumnElement[bool] | None = None) -> Generator[AuditRow]:
    """Return all rows (or those of *where*) in order, a thousand in memory at a time, each exactly as it is stored."""
    raw = [type_coerce(column, Text).label(column.name) for column in audit.columns]
    query = select(*raw).order_by(audit.c.seq)
    if where is not None:
        query = query.where(where)
    with connection.execute(query, execution_options={"yield_per": _AT_ONCE}) as result:
        for row in result.mappings():
            body = {name: row[name] for name in _FIELDS} | {"seq": row["seq"], "details": _json(row["details"])}
            yield AuditRow(row["seq"], row["previous"], row["hash"], body)


def verify(connection: Connection) -> int | None:
    """Return the number of the first row that does not fit the chain, None if all do."""
    with closing(rows(connection)) as stored:
        return first_broken(stored)


def _json(text: object) -> object:
    """Return the value of *text*; what was made unreadable stays as it is, and its hash will not fit."""
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        return text
