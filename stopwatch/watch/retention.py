"""Letting samples go that nobody needs here any more: of closed decisions, once they were filed whole."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import structlog

from stopwatch.core.grid import rfc3339
from stopwatch.core.opening import DAEMON
from stopwatch.core.records import AuditEntry
from stopwatch.core.retention import PRUNED, Pruned, head_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from stopwatch.core.decision import DecisionId
    from stopwatch.core.retention import Prunable
    from stopwatch.watch.ports import Store

log = structlog.get_logger()

AT_ONCE = 200
"""How many decisions one pass prunes at most, each in a transaction of its own."""


def prune(store: Store, retention: timedelta, *, now: datetime) -> int:
    """
    Prune the samples of decisions that ended longer than *retention* ago and were exported after they had ended.

    Hash, head and audit stay; what was pruned by which export is audited. Return how many bundles were pruned.

    Raises:
        StoreError: The records could not be read or written; the next pass goes on.

    """
    with store.reading() as view:
        found = view.prunable(now - retention)
    found.sort(key=lambda each: each.decision)
    done = 0
    for number, (decision, bundles) in enumerate(groupby(found, key=lambda each: each.decision)):
        if number >= AT_ONCE:
            break
        done += _prune(store, decision, bundles, now)
    return done


def _prune(store: Store, decision: DecisionId, bundles: Iterable[Prunable], now: datetime) -> int:
    with store.writing() as tx:
        left = []
        for bundle in bundles:
            body = tx.evidence(bundle.sha256)
            head = _head(bundle.sha256, body) if body is not None else None
            if head is not None:
                left.append(Pruned(bundle.sha256, head, now, bundle.exported_at, bundle.sums))
        for each in left:
            tx.prune(each)
        if left:
            exported, sums = left[0].exported_at, left[0].sums
            details = {"bundles": [each.sha256 for each in left], "exported_at": rfc3339(exported), "sums": sums}
            tx.audit(AuditEntry(now, DAEMON, DAEMON, PRUNED, decision, details=details))
    if left:
        log.info("evidence.pruned", decision=decision, bundles=len(left))
    return len(left)


def _head(sha256: str, body: str) -> str | None:
    try:
        return head_of(body)
    except ValueError as error:
        # Evidence that somebody spoilt is evidence too: it stays as it is, for `stopwatch evidence verify` to find.
        log.warning("evidence.not_pruned", evidence=sha256, detail=str(error))
        return None
