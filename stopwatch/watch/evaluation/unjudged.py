"""Slots that are too old to be caught up: recorded, said once, and never taken for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from stopwatch.core.grid import rfc3339
from stopwatch.core.records import Unjudged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.watch.evaluation.cells import Cell, Group
    from stopwatch.watch.ports import Store


class Skip(NamedTuple):
    """Where judging a cell should have gone on, and where it does."""

    group: Group
    cell: Cell
    should: int
    does: int


class LeftOut(NamedTuple):
    """A span that no evaluation will judge, and how many slots it has."""

    span: Unjudged
    slots: int

    @property
    def words(self) -> str:
        """The span in words."""
        return f"{self.span.site} {self.span.rule}: {rfc3339(self.span.first)} to {rfc3339(self.span.last)}"


def skip_too_old(store: Store, rollout: str, skips: Sequence[Skip], now: datetime) -> list[LeftOut]:
    """
    Record the slots that no evaluation will judge; return each span that was not known.

    It is asked once a cell could be evaluated again, so that an outage leaves one span, however long it was.

    Raises:
        StoreError: The spans could not be recorded.

    """
    found = [skip for skip in skips if max(skip.should, skip.cell.skipped_to) < skip.does]
    if not found:
        return []
    with store.writing() as tx:
        fresh = [_left_out(span, skip) for skip in found if tx.save_unjudged(span := _span(rollout, skip, now))]
    for skip in found:
        skip.cell.skipped_to = skip.does
    return fresh


def _left_out(span: Unjudged, skip: Skip) -> LeftOut:
    return LeftOut(span, (span.last - span.first) // skip.group.grid.step + 1)


def _span(rollout: str, skip: Skip, now: datetime) -> Unjudged:
    """Return what is left out and not yet noted."""
    grid, cell = skip.group.grid, skip.cell
    first = max(skip.should, cell.skipped_to)
    return Unjudged(rollout, cell.site, cell.rule.id, grid.instant(first), grid.instant(skip.does - 1), recorded_at=now)
