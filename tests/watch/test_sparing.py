"""What is read little by little is what would have been read at once, and no answer is much larger than wished."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pytest

from stopwatch.core.errors import SourceUnavailableError
from stopwatch.core.grid import Grid, SlotRange
from stopwatch.core.kpi import SiteId
from stopwatch.core.reading import Query, Reading
from stopwatch.watch.sparing import FIRST_SLOTS, PIECE_BYTES, Sparing
from tests.watch.letters import GRAIN, HAM, LODZ, T0

GRID = Grid(GRAIN)
FIRST = GRID.at_or_before(T0)
QUERY = Query("load", "site", {"ham-01": HAM, "lodz": LODZ})


@dataclass(slots=True)
class Counting:
    """Answers each slot of HAM with its number, LODZ from slot *late* on only; a slot has *slot_bytes*."""

    slot_bytes: int
    late: int = 0
    fails_at: int | None = None
    asked: list[int] = field(default_factory=list)
    name: str = "default"

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        assert (query, deadline_seconds) == (QUERY, 3.0)
        self.asked.append(len(slots))
        if self.fails_at is not None and slots.last - FIRST >= self.fails_at:
            raise SourceUnavailableError("gone", reason="connection")
        numbers = [float(slot - FIRST) for slot in range(slots.first, slots.last + 1)]
        series: dict[SiteId, list[float]] = {HAM: numbers}
        if numbers[-1] >= self.late:
            series[LODZ] = [number if number >= self.late else math.nan for number in numbers]
        return Reading(series, unknown=3, size_bytes=self.slot_bytes * len(slots), seconds=0.5)


def read(source: Counting, slots: int) -> Reading:
    return Sparing(source).read(QUERY, SlotRange(GRID, FIRST, FIRST + slots - 1), deadline_seconds=3.0)


@pytest.mark.parametrize(
    ("slot_bytes", "slots", "pieces"),
    [
        pytest.param(33_000, 45, [16, 15, 14], id="a thousand sites"),
        pytest.param(33, 180, [16, 128, 36], id="one site"),
        pytest.param(700_000, 18, [16, 1, 1], id="more sites than a piece should have"),
        pytest.param(33, 3, [3], id="a few slots"),
    ],
)
def test_pieces_are_as_long_as_answers_are_small(slot_bytes: int, slots: int, pieces: list[int]) -> None:
    source = Counting(slot_bytes)
    reading = read(source, slots)
    assert source.asked == pieces
    assert list(reading.series[HAM]) == [float(number) for number in range(slots)]
    assert (reading.size_bytes, reading.unknown, reading.seconds) == (slot_bytes * slots, 3, 0.5 * len(pieces))
    assert all(length * slot_bytes <= PIECE_BYTES or length == 1 for length in pieces[1:])


def test_a_site_that_a_piece_does_not_know_has_no_points_there() -> None:
    late = FIRST_SLOTS + 2
    values = read(Counting(33_000, late=late), late + 2).series[LODZ]
    assert [math.isnan(value) for value in values] == [True] * late + [False] * 2
    assert list(values[late:]) == [float(late), float(late + 1)]


def test_a_piece_that_fails_fails_the_whole_and_nothing_more_is_asked_for() -> None:
    source = Counting(33_000, fails_at=20)
    with pytest.raises(SourceUnavailableError, match="gone"):
        read(source, 45)
    assert source.asked == [16, 15]
