"""A source that is read little by little, so that however much it answers, little of it is in memory at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stopwatch.core.grid import SlotRange
from stopwatch.core.reading import joined

if TYPE_CHECKING:
    from stopwatch.core.reading import Query, Reading
    from stopwatch.watch.ports import Source

FIRST_SLOTS = 16
"""Slots of the first piece, while nobody knows how many series answer a query: without ``$sites`` all there are."""
PIECE_BYTES = 512 * 1024
"""How large an answer should be; parsed it takes about eight times as much for a moment."""
MOST_TIMES = 8
"""How many times as long as a piece the next one is at most."""


class Sparing:
    """Reads a source as it would be read at once; each piece may take the whole deadline."""

    def __init__(self, source: Source) -> None:
        """Ask *source*."""
        self._source = source
        self.name = source.name

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        """
        Read *query* at every slot of *slots* (not empty), piece by piece.

        Raises:
            SourceError: As the source does, for the first piece that fails; the others are not asked for.

        """
        size, first = FIRST_SLOTS, slots.first
        pieces: list[tuple[SlotRange, Reading]] = []
        while first <= slots.last:
            part = SlotRange(slots.grid, first, min(slots.last, first + size - 1))
            reading = self._source.read(query, part, deadline_seconds=deadline_seconds)
            pieces.append((part, reading))
            size = max(1, min(MOST_TIMES * size, len(part) * PIECE_BYTES // max(1, reading.size_bytes)))
            first = part.last + 1
        readings = [reading for _, reading in pieces]
        return replace(
            readings[-1],
            series=joined([(len(part), reading.series) for part, reading in pieces]),
            unknown=max(reading.unknown for reading in readings),
            size_bytes=sum(reading.size_bytes for reading in readings),
            seconds=sum(reading.seconds for reading in readings),
        )
