"""Recording what people do in a rollout: an entry of the ledger and its row of the audit, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.records import AuditEntry

if TYPE_CHECKING:
    from stopwatch.core.ledger import Entry
    from stopwatch.watch.commands import Desk
    from stopwatch.watch.ports import Writer


def record(desk: Desk, made: Entry, *, transport: str, reason: str | None = None) -> Entry:
    """
    Record *made* (``core.ledger.entry`` makes one) in a transaction of its own and return it with its number.

    Raises:
        StoreError: It could not be written; nothing changed.

    """
    with desk.store.writing() as tx:
        return record_in(tx, made, transport=transport, reason=reason)


def record_in(tx: Writer, made: Entry, *, transport: str, reason: str | None = None, act: str | None = None) -> Entry:
    """Record *made*, audited as *act* (``rollout.<kind>``), in a transaction that may hold more than the two rows."""
    recorded = tx.record(made)
    details: dict[str, object] = {"number": recorded.number, "scope": recorded.scope, "body": dict(recorded.body)}
    if recorded.item:
        details["item"] = recorded.item
    act = act or f"rollout.{made.kind}"
    tx.audit(AuditEntry(made.at, made.actor, transport, act, reason=reason, details=details))
    return recorded
