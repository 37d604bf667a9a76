"""Bringing the columns of a group up to a slot: one range query per column, a failure stays with its column."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.appendix import WINDOWS
from stopwatch.core.errors import SourceError
from stopwatch.core.grid import SlotRange

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stopwatch.core.reading import Reading
    from stopwatch.watch.evaluation.cells import CalmSet, Cell, Column, Group
    from stopwatch.watch.ports import Source

    _Request = tuple[Column, SlotRange]

LEAST_DEADLINE = timedelta(seconds=5)
PARALLEL_QUERIES = 4
PATIENCE = timedelta(milliseconds=500)
"""A source that has not answered everything to one thread by then is slow."""


@dataclass(slots=True)
class Reads:
    """What the queries of one tick came to: outcomes by reason word, failures in words, sizes, the source's clock."""

    outcomes: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    unknown_series: int = 0
    size_bytes: int = 0
    skew: timedelta | None = None

    def note(self, column: Column, outcome: Reading | SourceError) -> None:
        """Count one answer."""
        if isinstance(outcome, SourceError):
            self.outcomes[outcome.reason] = self.outcomes.get(outcome.reason, 0) + 1
            if outcome.seconds is not None:
                self.seconds.append(outcome.seconds)
            self.failures.append(f"{column.kpi}: {outcome}")
            return
        self.outcomes["ok"] = self.outcomes.get("ok", 0) + 1
        self.unknown_series += outcome.unknown
        self.size_bytes += outcome.size_bytes
        self.seconds.append(outcome.seconds)
        if outcome.skew is not None:
            self.skew = outcome.skew


@dataclass(slots=True)
class Need:
    """Which slots a column must hold: from *first* on, and *keep* more before them for evidence."""

    column: Column
    first: int
    keep: int


class ColumnReader:
    """
    Reads columns from one source: one after the other while it answers quickly, several at once when it is slow.

    Threads that read at the same time take Python's lock from one another at every answer, which costs more than the
    reading; a quick source is read no sooner by them.
    """

    def __init__(self, source: Source, *, patience: timedelta = PATIENCE) -> None:
        """Read from *source*; one thread alone is given *patience*, or a tenth of the step if that is less."""
        self.source = source
        self._patience = patience
        self._pool = ThreadPoolExecutor(PARALLEL_QUERIES, thread_name_prefix=f"read-{source.name}")

    def close(self) -> None:
        """Let go of the reading threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def bring_up(self, group: Group, needs: Iterable[Need], upto: int, reads: Reads) -> None:
        """Read what is not cached of each needed column up to slot *upto*; failures stay with their columns."""
        requests = []
        for need in needs:
            span = need.column.cache.wanted(need.first, upto)
            if span is None:
                need.column.failure = None
            else:
                requests.append((need.column, SlotRange(group.grid, *span)))
        for (column, _slots), outcome in zip(requests, self._answers(requests, group.grid.step), strict=True):
            reads.note(column, outcome)
        for need in needs:
            need.column.cache.trim(need.first - need.keep)

    def _answers(self, requests: Sequence[_Request], step: timedelta) -> list[Reading | SourceError]:
        """Answer *requests* in their order, with at most `PARALLEL_QUERIES` of them under way."""
        deadline = max(step / 2, LEAST_DEADLINE).total_seconds()
        waiting = deque(range(len(requests)))
        answers: dict[int, Reading | SourceError] = {}

        def read_on() -> None:
            while waiting:
                try:
                    place = waiting.popleft()
                except IndexError:  # another thread took the last one
                    return
                answers[place] = self._ask(*requests[place], deadline)

        readers = [self._pool.submit(read_on)] if requests else []
        if wait(readers, timeout=min(step / 10, self._patience).total_seconds()).not_done:
            readers += [self._pool.submit(read_on) for _ in range(PARALLEL_QUERIES - 1)]
        for reader in readers:
            reader.result()
        return [answers[place] for place in range(len(requests))]

    def _ask(self, column: Column, slots: SlotRange, deadline: float) -> Reading | SourceError:
        try:
            reading = self.source.read(column.query, slots, deadline_seconds=deadline)
        except SourceError as error:
            column.failure = str(error)
            return error
        column.failure = None
        column.cache.merge(slots.first, slots.last, reading.series)
        return reading


def needs_of(cells: Iterable[tuple[Cell, int, int]], calm: Iterable[CalmSet] = ()) -> list[Need]:
    """
    Return what the columns of *cells*, and of the members of *calm* sets, must hold.

    Args:
        cells: (cell, first slot to fold, first slot that exists for it).
        calm: Sets that go on with the slot after their last; all slots that their members look back at exist.

    """
    found: dict[int, Need] = {}
    for cell, start, armed in cells:
        history = cell.resolved.history if cell.resolved is not None else 1
        first = max(start - history + 1, armed)
        for pair in cell.columns:
            for column in pair:
                if column is not None:
                    _note(found, column, first, history)
    for each in calm:
        for column in each.columns:
            _note(found, column, each.last + 2 - each.history, each.history)
    return list(found.values())


def _note(found: dict[int, Need], column: Column, first: int, history: int) -> None:
    need = found.setdefault(id(column), Need(column, first, 0))
    need.first = min(need.first, first)
    need.keep = max(need.keep, WINDOWS * history)
