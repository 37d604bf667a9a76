"""Slots that are too old to be caught up: recorded, said once, and never taken for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339
from stopwatch.core.records import Unjudged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.watch.cells import Cell, Group
    from stopwatch.watch.ports import Store


def skip_too_old(
    store: Store, rollout: str, starts: Sequence[tuple[Group, Cell, int, int]], now: datetime
) -> list[str]:
    """
    Record the slots that no evaluation will judge; return a sentence for each span that was not known.

    Args:
        store: The records.
        rollout: The rollout.
        starts: (group, cell, the first slot that should be judged, the first slot that will be).
        now: The time of the record.

    Raises:
        StoreError: The spans could not be recorded.

    """
    spans = [
        Unjudged(
            rollout, cell.site, cell.rule.id, group.grid.instant(should), group.grid.instant(will - 1), recorded_at=now
        )
        for group, cell, should, will in starts
        if will > should and cell.skipped_to < will
    ]
    if not spans:
        return []
    with store.writing() as tx:
        fresh = [span for span in spans if tx.save_unjudged(span)]
    for _group, cell, _should, will in starts:
        cell.skipped_to = max(cell.skipped_to, will)
    return [f"{span.site} {span.rule}: {rfc3339(span.first)} to {rfc3339(span.last)}" for span in fresh]
