"""Reading the past: columns piece by piece, classed once, and handed to whoever goes along with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from stopwatch.core.reading import chunk_slots
from stopwatch.core.sample import classify
from stopwatch.watch.evaluation.columns import ColumnReader, Reads, needs_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from stopwatch.core.grid import SlotRange
    from stopwatch.core.reading import Query, Reading
    from stopwatch.core.rule import ResolvedRule
    from stopwatch.core.sample import Samples, Slots
    from stopwatch.watch.evaluation.cells import Cell, Group
    from stopwatch.watch.ports import Source

PATIENCE_SECONDS = 60.0
"""How long one query may take: a person waits for the past, no tick does."""


class Traveller(Protocol):
    """One rule at one site on its way through the past, from slot *first* on."""

    cell: Cell
    first: int
    failure: str | None

    @property
    def next(self) -> int:
        """The first slot it was not given yet."""
        ...

    def fail(self, why: str, upto: int, /) -> None:
        """Give up: nothing up to slot *upto* is read any more."""
        ...

    def fold(self, rule: ResolvedRule, slots: Slots, samples: Sequence[Samples], start: int, /) -> None:
        """Take the slots from *start* on; *slots* and *samples* begin as far before as the rule looks back."""
        ...


class Patient:
    """A source that is given the time that a long past takes."""

    def __init__(self, source: Source) -> None:
        """Ask *source*."""
        self._source = source
        self.name = source.name

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        """Read as the source does, with a later deadline."""
        return self._source.read(query, slots, deadline_seconds=max(deadline_seconds, PATIENCE_SECONDS))


def read_past(
    source: Source, tables: Iterable[tuple[Group, Sequence[Traveller]]], advanced: Callable[[], None]
) -> None:
    """
    Take the travellers of every group to its newest slot; one whose query fails goes no further.

    Memory holds one piece of the columns at a time, however long the past is.

    Args:
        source: What is asked; a query serves all sites.
        tables: Groups with their columns, and who goes along with each.
        advanced: Called after every piece.

    """
    reader = ColumnReader(Patient(source))
    try:
        for group, travellers in tables:
            _take_along(reader, group, travellers, advanced)
    finally:
        reader.close()


def _take_along(
    reader: ColumnReader, group: Group, travellers: Sequence[Traveller], advanced: Callable[[], None]
) -> None:
    chunk = chunk_slots(group.width)
    position = min((one.next for one in travellers), default=group.newest + 1)
    while position <= group.newest:
        upto = min(group.newest, position + chunk - 1)
        going = [one for one in travellers if one.failure is None and one.next <= upto]
        reader.bring_up(group, needs_of((one.cell, one.next, one.next) for one in going), upto, Reads())
        for one in going:
            failure = one.cell.failure()
            if one.cell.resolved is None or failure is not None:
                one.fail(str(failure), group.newest)
            else:
                _fold(one, one.cell.resolved, upto)
        position = upto + 1
        advanced()


def _fold(one: Traveller, rule: ResolvedRule, upto: int) -> None:
    start = one.next
    # What lies before the traveller's first slot does not exist, so it need not be classed either.
    first = max(start - rule.history + 1, one.first)
    samples = one.cell.samples(first, upto)
    one.fold(rule, classify(rule, first, samples), samples, start)
