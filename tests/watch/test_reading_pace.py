"""A source that answers quickly is read by one thread alone; one that is slow, by four at once and never by more."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from stopwatch.core.errors import SourceUnavailableError
from stopwatch.core.grid import Grid, SlotRange
from stopwatch.core.kpi import KpiId
from stopwatch.core.reading import Query, Reading
from stopwatch.core.records import ProgressKey
from stopwatch.watch.evaluation.cache import SlotCache
from stopwatch.watch.evaluation.cells import Column, Group
from stopwatch.watch.evaluation.columns import PARALLEL_QUERIES, ColumnReader, Need, Reads
from tests.watch.letters import HAM

STEP = timedelta(minutes=10)
PATIENT, IMPATIENT = timedelta(seconds=60), timedelta(milliseconds=1)
QUERIES = 12


class PacedSource:
    """Answers 1.0, keeping who asked; where it is *slow* nobody is answered before four have asked."""

    name = "default"

    def __init__(self, *, slow: bool) -> None:
        self.threads: list[int] = []
        self.most = 0
        self._under_way = 0
        self._lock = threading.Lock()
        self._four = threading.Barrier(PARALLEL_QUERIES, timeout=20) if slow else None

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        with self._lock:
            self.threads.append(threading.get_ident())
            self._under_way += 1
            self.most = max(self.most, self._under_way)
        try:
            if self._four is not None:
                self._four.wait()
            else:
                threading.Event().wait(0.01)  # long enough for others to take part, if there were any
            if query.expression == "broken":
                raise SourceUnavailableError(f"no answer within {deadline_seconds:g} s", reason="timeout")
            return Reading({HAM: [1.0] * len(slots)})
        finally:
            with self._lock:
                self._under_way -= 1


def brought_up(source: PacedSource, *expressions: str, patience: timedelta) -> tuple[list[Column], Reads]:
    """Read slot 5 of each query once."""
    group, reads = Group(Grid(STEP), timedelta(0)), Reads()
    columns = [
        Column(ProgressKey("default", each, 600, 0), Query(each, "site", {"HAM": HAM}), KpiId(each), SlotCache([HAM]))
        for each in expressions
    ]
    reader = ColumnReader(source, patience=patience)
    try:
        reader.bring_up(group, [Need(column, 5, 1) for column in columns], 5, reads)
    finally:
        reader.close()
    return columns, reads


def test_a_quick_source_is_read_by_one_thread_one_query_after_the_other() -> None:
    source = PacedSource(slow=False)
    columns, reads = brought_up(source, *map(str, range(QUERIES)), patience=PATIENT)
    assert (len(set(source.threads)), source.most) == (1, 1)
    assert [column.cache.window(HAM, 5, 5) for column in columns] == [[1.0]] * QUERIES
    assert reads.outcomes == {"ok": QUERIES}


def test_a_slow_source_is_read_by_four_threads_at_once_and_no_more() -> None:
    source = PacedSource(slow=True)
    columns, reads = brought_up(source, *map(str, range(QUERIES)), patience=IMPATIENT)
    assert source.most == PARALLEL_QUERIES
    assert [column.cache.window(HAM, 5, 5) for column in columns] == [[1.0]] * QUERIES
    assert reads.outcomes == {"ok": QUERIES}


@pytest.mark.parametrize("slow", [pytest.param(False, id="quick"), pytest.param(True, id="slow")])
def test_failures_stay_with_their_columns_and_are_told_in_the_order_of_the_columns(*, slow: bool) -> None:
    source, patience = PacedSource(slow=slow), IMPATIENT if slow else PATIENT
    columns, reads = brought_up(source, "broken", "a", "b", "broken", patience=patience)
    assert [column.failure is not None for column in columns] == [True, False, False, True]
    assert reads.failures == ["broken: no answer within 300 s"] * 2


def test_nothing_to_read_asks_nobody() -> None:
    source = PacedSource(slow=False)
    assert brought_up(source, patience=PATIENT) == ([], Reads())
    assert source.threads == []
