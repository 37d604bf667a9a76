"""Writing an entry of the ledger and its row of the audit within a transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.records import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.ledger import Entry
    from stopwatch.watch.ports import Writer


def record_in(
    tx: Writer,
    made: Entry,
    *,
    transport: str,
    reason: str | None = None,
    act: str | None = None,
    origin: Mapping[str, object] | None = None,
) -> Entry:
    """
    Record *made*, audited as *act* (``rollout.<kind>``), in a transaction that may hold more than the two rows.

    *origin* is what proves who asked, where that is more than a name.
    """
    recorded = tx.record(made)
    details: dict[str, object] = {"number": recorded.number, "scope": recorded.scope, "body": dict(recorded.body)}
    if recorded.item:
        details["item"] = recorded.item
    if origin is not None:
        details["origin"] = dict(origin)
    act = act or f"rollout.{made.kind}"
    tx.audit(AuditEntry(made.at, made.actor, transport, act, reason=reason, details=details))
    return recorded
