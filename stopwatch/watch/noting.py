"""Writing an entry of the ledger and its row of the audit within a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.records import AuditEntry

if TYPE_CHECKING:
    from stopwatch.core.ledger import Entry
    from stopwatch.watch.ports import Writer


def record_in(tx: Writer, made: Entry, *, transport: str, reason: str | None = None, act: str | None = None) -> Entry:
    """Record *made*, audited as *act* (``rollout.<kind>``), in a transaction that may hold more than the two rows."""
    recorded = tx.record(made)
    details: dict[str, object] = {"number": recorded.number, "scope": recorded.scope, "body": dict(recorded.body)}
    if recorded.item:
        details["item"] = recorded.item
    act = act or f"rollout.{made.kind}"
    tx.audit(AuditEntry(made.at, made.actor, transport, act, reason=reason, details=details))
    return recorded
