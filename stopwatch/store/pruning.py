"""Evidence that may be pruned, and what is left of that which was: samples go, heads and hashes stay."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, insert, select

from stopwatch.core.decision import DecisionId
from stopwatch.core.retention import EXPORTED, Prunable, Pruned
from stopwatch.store.schema import audit, decisions
from stopwatch.store.schema_evidence import evidence, pruned

if TYPE_CHECKING:
    from datetime import datetime


def prunable(connection: Connection, before: datetime) -> list[Prunable]:
    """
    Return the stored bundles of decisions that ended before *before* and were exported since, oldest first.

    A decision is pruned whole: none of it while a bundle, such as a late appendix, is in no export yet.
    """
    last = (
        select(audit.c.decision, func.max(audit.c.seq).label("seq"))
        .where(audit.c.act == EXPORTED)
        .group_by(audit.c.decision)
        .subquery()
    )
    newest = (
        select(audit.c.decision, func.max(audit.c.seq).label("seq"))
        .where(audit.c.evidence.is_not(None))
        .group_by(audit.c.decision)
        .subquery()
    )
    export = audit.alias("export")
    query = (
        select(audit.c.decision, audit.c.evidence, export.c.at, export.c.details)
        .join(decisions, decisions.c.id == audit.c.decision)
        .join(evidence, evidence.c.sha256 == audit.c.evidence)
        .join(last, last.c.decision == audit.c.decision)
        .join(newest, newest.c.decision == audit.c.decision)
        .join(export, export.c.seq == last.c.seq)
        .where(decisions.c.ended_at < before, export.c.at >= decisions.c.ended_at, last.c.seq > newest.c.seq)
        .order_by(audit.c.seq)
    )
    return [
        Prunable(DecisionId(row.decision), row.evidence, row.at, str(_plain(row.details).get("sums", "")))
        for row in connection.execute(query)
    ]


def prune(connection: Connection, left: Pruned) -> None:
    """Keep what is left of a bundle and let its body go; the triggers refuse the latter without the former."""
    values = {name: getattr(left, name) for name in ("sha256", "head", "at", "exported_at", "sums")}
    connection.execute(insert(pruned).values(values))
    connection.execute(delete(evidence).where(evidence.c.sha256 == left.sha256))


def find(connection: Connection, sha256: str) -> Pruned | None:
    """Return what is left of a pruned bundle."""
    row = connection.execute(select(pruned).where(pruned.c.sha256 == sha256)).one_or_none()
    return None if row is None else Pruned(row.sha256, row.head, row.at, row.exported_at, row.sums)


def _plain(details: object) -> dict[str, object]:
    found = json.loads(details) if isinstance(details, str) else details
    return found if isinstance(found, dict) else {}
