"""Recording what people do in a rollout: an entry of the ledger and its row of the audit, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.watch.noting import record_in

if TYPE_CHECKING:
    from stopwatch.core.ledger import Entry
    from stopwatch.watch.acts.commands import Desk


def record(desk: Desk, made: Entry, *, transport: str, reason: str | None = None) -> Entry:
    """
    Record *made* (``core.ledger.entry`` makes one) in a transaction of its own and return it with its number.

    Raises:
        StoreError: It could not be written; nothing changed.

    """
    with desk.store.writing() as tx:
        return record_in(tx, made, transport=transport, reason=reason)
