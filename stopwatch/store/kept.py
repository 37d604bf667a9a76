"""Kept answers: what was answered to requests that carried an idempotency key, in the transaction that did the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select

from stopwatch.core.once import Answer, Once
from stopwatch.store.schema import kept_answers

if TYPE_CHECKING:
    from datetime import datetime


def find(connection: Connection, caller: str, key: str) -> tuple[Once, Answer] | None:
    """Return the request that used a key first and its answer."""
    query = select(kept_answers).where(kept_answers.c.caller == caller, kept_answers.c.key == key)
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        return None
    return Once(row["caller"], row["key"], row["request"]), Answer(row["status"], row["body"], replayed=True)


def keep(connection: Connection, asked: Once, answer: Answer, *, at: datetime) -> None:
    """Keep the answer to a request."""
    values = {"caller": asked.caller, "key": asked.key, "request": asked.request}
    connection.execute(insert(kept_answers).values(**values, status=answer.status, body=answer.body, at=at))


def forget(connection: Connection, before: datetime) -> None:
    """Forget the answers that were kept before an instant."""
    connection.execute(delete(kept_answers).where(kept_answers.c.at <= before))
