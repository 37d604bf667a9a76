"""One tick at one source: read what is due, fold it piece by piece, record what changed, note how far it got."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.reading import MAX_POINTS
from stopwatch.core.state import armed_slot
from stopwatch.watch.evaluation.calm import admit, advance, release_unsettled
from stopwatch.watch.evaluation.columns import ColumnReader, Reads, needs_of
from stopwatch.watch.evaluation.committing import Committed, commit_folds
from stopwatch.watch.evaluation.folding import SiteFold, fail_cell, fold_cell
from stopwatch.watch.evaluation.recording import ended_by_site
from stopwatch.watch.evaluation.sketch import sketch
from stopwatch.watch.evaluation.unjudged import LeftOut, Skip, skip_too_old

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.watch.evaluation.cells import Cell, Group, Moving
    from stopwatch.watch.evaluation.folding import CellFold, Ended
    from stopwatch.watch.evaluation.recording import Book
    from stopwatch.watch.ports import Source, Store

ENDED_MARGIN = timedelta(minutes=10)
"""How far before the oldest unfolded slot ends of decisions are still looked for, so that a skewed clock hides none."""

PIECE_CELLS = 4_000
"""How many slots × sites are caught up in one piece; some queries of that size are in memory at once."""


@dataclass(slots=True)
class TickReport:
    """What a tick at one source came to."""

    source: str
    at: datetime
    reads: Reads = field(default_factory=Reads)
    committed: Committed = field(default_factory=Committed)
    left_out: list[LeftOut] = field(default_factory=list)
    lateness: timedelta = timedelta(0)

    @property
    def unjudged(self) -> list[str]:
        """The spans that nobody will judge, in words."""
        return [left_out.words for left_out in self.left_out]

    @property
    def missed(self) -> int:
        """How many slots nobody will judge."""
        return sum(span.slots for span in self.left_out)

    @property
    def failures(self) -> list[str]:
        """What went wrong, in words; empty when everything was read and recorded."""
        return self.reads.failures + self.committed.failures


class SourceWatch:
    """
    Everything watched at one source, with its place in memory; one thread ticks it.

    *sketch* is how everything stood after the newest evaluation; any thread may draw from it.
    """

    def __init__(self, source: Source, groups: list[Group], store: Store, book: Book, *, catch_up: timedelta) -> None:
        """Watch *groups* at *source*; *catch_up* bounds how far back slots are judged after an outage."""
        self.groups = groups
        self.book = book
        self.sketch = sketch(groups)
        self._columns = ColumnReader(source)
        self._store = store
        self._catch_up = catch_up

    @property
    def name(self) -> str:
        """The source's name in the plan."""
        return self._columns.source.name

    @property
    def source(self) -> Source:
        """Where readings come from; it may be read from other threads as well."""
        return self._columns.source

    def close(self) -> None:
        """Let go of the reading threads."""
        self._columns.close()

    def is_due(self, now: datetime) -> bool:
        """Tell whether a tick at *now* would find a slot more than the newest one did; any thread may ask."""
        return any(
            group.grid.newest(now=now, eval_delay=group.eval_delay) > group.newest for group in list(self.groups)
        )

    def tick(self, now: datetime, *, until: datetime | None = None) -> TickReport:
        """
        Evaluate everything that is due at *now*, of that the slots up to *until* if it is given.

        Failures of queries and of single writes are counted and reported.

        Raises:
            StoreError: The records could not be read, or slots that nobody will judge not be noted; what was not
                recorded is evaluated again.

        """
        report = TickReport(self.name, now)
        known = {id(group): group.newest for group in self.groups}
        positions = {id(group): start for group in self.groups if (start := self._due(group, now, until)) is not None}
        due = [group for group in self.groups if id(group) in positions]
        if due:
            report.lateness = max(now - group.eval_delay - group.grid.instant(positions[id(group)]) for group in due)
            try:
                self._evaluate(due, positions, report, now)
            finally:
                self.sketch = sketch(self.groups)
        for group in self.groups:
            group.newest = max(group.newest, known[id(group)])
        return report

    def _evaluate(self, due: list[Group], positions: dict[int, int], report: TickReport, now: datetime) -> None:
        """Advance the groups that are due to their newest slots, piece by piece."""
        failed: set[int] = set()
        while due:
            upto = _piece_end(due, positions)
            self._piece(due, upto, failed, report, now)
            for group in due:
                positions[id(group)] = max(positions[id(group)], group.slot(upto) + 1)
            due = [group for group in due if positions[id(group)] <= group.newest]

    def _due(self, group: Group, now: datetime, until: datetime | None) -> int | None:
        """
        Move the newest slot of a group on (it never goes back) and return the oldest slot left to fold, if any.

        A group is due once per slot, so that a source that fails is asked again a step later and counted once a step.
        """
        newest = group.grid.newest(now=now, eval_delay=group.eval_delay)
        if until is None and newest <= group.newest:
            return None
        # What failed may be folded up to *until* although its newest slot was due before.
        group.newest = newest if until is None else min(newest, group.grid.at_or_before(until))
        oldest = self._oldest(group)
        return oldest if oldest <= group.newest else None

    def _oldest(self, group: Group) -> int:
        """Return the oldest slot that any cell of a group still has to fold and may."""
        starts = [max(calm.last + 1, self._floor(group)) for calm in group.calm.values()]
        starts += [self._start(group, cell) for cell in group.restless]
        return min(starts, default=group.newest + 1)

    def _floor(self, group: Group) -> int:
        """Return the oldest slot of a group that is still caught up."""
        return group.newest - self._catch_up // group.grid.step

    def _start(self, group: Group, cell: Cell) -> int:
        """Return the first slot a cell still has to fold and may."""
        return max(next_slot(group, cell), self._floor(group))

    def _piece(self, due: list[Group], upto: datetime, failed: set[int], report: TickReport, now: datetime) -> None:
        """Read, fold and record the slots up to *upto*; a cell that failed once in a tick waits for the next."""
        after = min(group.grid.instant(self._oldest(group)) for group in due) - ENDED_MARGIN
        for group in due:
            self._read(group, group.slot(upto), failed, report)
        with self._store.reading() as view:
            ended = ended_by_site(view, self.book.rule_set.plan.rollout, after)
        sites: dict[SiteId, SiteFold] = {}
        skips: list[Skip] = []
        moving: list[Moving] = []
        for group in due:
            release_unsettled(group, self._floor(group), ended)
            moving += advance(group, group.slot(upto))
            for folded in self._fold_restless(group, group.slot(upto), failed, ended):
                site = folded.cell.site
                sites.setdefault(site, SiteFold(ended.get(site, ()))).folds.append(folded)
                if folded.state.failures:
                    failed.add(id(folded.cell))
                else:
                    skips.append(
                        Skip(group, folded.cell, next_slot(group, folded.cell), self._start(group, folded.cell))
                    )
        report.left_out += skip_too_old(self._store, self.book.rule_set.plan.rollout, skips, now)
        report.committed += commit_folds(self.book, self.fold, self._store, due, sites, moving, after=after, now=now)
        for group in due:
            admit(group, group.restless)

    def _read(self, group: Group, last: int, failed: set[int], report: TickReport) -> None:
        """Bring up the columns that anything due in a group reads."""
        cells = [
            (cell, start, first_slot(group, cell))
            for cell in group.restless
            if id(cell) not in failed and (start := self._start(group, cell)) <= last
        ]
        calm = [each for each in group.calm.values() if each.last < last]
        self._columns.bring_up(group, needs_of(cells, calm), last, report.reads)

    def _fold_restless(
        self, group: Group, last: int, failed: set[int], ended: dict[SiteId, tuple[Ended, ...]]
    ) -> list[CellFold]:
        """Fold the cells of a group that are not calm, one by one."""
        folds = [self.fold(group, cell, last, ended) for cell in group.restless if id(cell) not in failed]
        return [folded for folded in folds if folded is not None]

    def fold(self, group: Group, cell: Cell, last: int, ended: dict[SiteId, tuple[Ended, ...]]) -> CellFold | None:
        """Fold a cell up to slot *last*, or count a failure; None where nothing is due."""
        start = self._start(group, cell)
        if start > last:
            return None
        if cell.resolved is None or cell.failure() is not None:
            return fail_cell(cell, next_slot(group, cell) - 1)
        return fold_cell(cell, cell.resolved, last, start, ended.get(cell.site, ()))


def first_slot(group: Group, cell: Cell) -> int:
    """Return the first slot that exists for a cell: its activation's, plus settle."""
    if cell.resolved is not None:
        return armed_slot(cell.resolved, cell.state)
    return group.grid.at_or_after(cell.state.armed_at + cell.rule.settle)


def next_slot(group: Group, cell: Cell) -> int:
    """Return the slot at which judging a cell goes on: the one after the newest folded, or its first."""
    return cell.last + 1 if cell.last is not None else first_slot(group, cell)


def _piece_end(due: list[Group], positions: dict[int, int]) -> datetime:
    """Return the instant up to which all groups advance together, so that memory stays bounded in a catch-up."""
    ends = [group.grid.instant(min(group.newest, positions[id(group)] + _piece_slots(group) - 1)) for group in due]
    short = [end for group, end in zip(due, ends, strict=True) if end < group.grid.instant(group.newest)]
    return min(short, default=max(ends))


def _piece_slots(group: Group) -> int:
    return max(1, min(MAX_POINTS, PIECE_CELLS // max(1, group.width)))
