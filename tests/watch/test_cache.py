"""The cache asks for what is not read yet and for what was missing, and remembers what it read."""

from __future__ import annotations

from math import isnan, nan

import pytest

from stopwatch.core.reading import SlotSeries
from stopwatch.watch.evaluation.cache import SlotCache
from tests.watch.letters import HAM, LODZ


def read(cache: SlotCache, first: int, ham: str, lodz: str | None = None) -> None:
    """Take in an answer; one letter a slot, M is missing, other letters are numbers."""
    series = {HAM: ham} if lodz is None else {HAM: ham, LODZ: lodz}
    cache.merge(
        first,
        first + len(ham) - 1,
        {site: [nan if one == "M" else float(one) for one in text] for site, text in series.items()},
    )


def seen(cache: SlotCache, first: int, last: int) -> str:
    return "".join("M" if isnan(value) else f"{value:.0f}" for value in cache.window(HAM, first, last))


@pytest.fixture
def cache() -> SlotCache:
    return SlotCache([HAM, LODZ])


def test_an_empty_cache_wants_everything(cache: SlotCache) -> None:
    assert cache.wanted(10, 14) == (10, 14)
    assert cache.wanted(10, 9) is None


@pytest.mark.parametrize(
    ("need", "upto", "asked"),
    [
        pytest.param(10, 14, None, id="all was read and nothing is missing"),
        pytest.param(12, 16, (15, 16), id="only the new slots"),
        pytest.param(9, 16, (9, 16), id="older slots than were ever read"),
        pytest.param(16, 18, (16, 18), id="a hole in between is not filled"),
        pytest.param(15, 15, (15, 15), id="the next slot"),
    ],
)
def test_what_is_wanted_of_a_complete_cache(
    cache: SlotCache, need: int, upto: int, asked: tuple[int, int] | None
) -> None:
    read(cache, 10, "12345", "12345")
    assert cache.wanted(need, upto) == asked


@pytest.mark.parametrize(
    ("need", "asked"),
    [
        pytest.param(10, (11, 15), id="from the oldest gap on"),
        pytest.param(12, (13, 15), id="from the oldest gap still in the window on"),
        pytest.param(14, (15, 15), id="gaps that left the window are left alone"),
    ],
)
def test_gaps_are_asked_for_again_while_they_are_needed(cache: SlotCache, need: int, asked: tuple[int, int]) -> None:
    read(cache, 10, "1M345", "123M5")
    assert cache.wanted(need, 15) == asked


def test_a_site_without_a_series_is_missing_everywhere(cache: SlotCache) -> None:
    read(cache, 10, "123")
    assert cache.wanted(10, 13) == (10, 13)
    read(cache, 10, "1234", "5678")
    assert cache.window(LODZ, 10, 13) == [5, 6, 7, 8]
    assert cache.wanted(10, 13) is None


def test_answers_of_one_slot_are_arranged_by_site_whatever_their_order(cache: SlotCache) -> None:
    ours, further = {LODZ: 0, HAM: 2}, {HAM: 0}
    for slot, places, numbers in [
        (10, ours, [1.0, 9.0, 2.0]),
        (11, ours, [3.0, 9.0, nan]),
        (12, further, [4.0]),
        (13, ours, [5.0, 9.0, 6.0]),
    ]:
        cache.merge(slot, slot, SlotSeries(places, numbers))
    assert seen(cache, 10, 13) == "2M46"
    assert [*map(repr, cache.window(LODZ, 10, 13))] == ["1.0", "3.0", "nan", "5.0"]
    assert cache.wanted(10, 13) == (11, 13)
    cache.merge(11, 11, SlotSeries(ours, [7.0, 9.0, 8.0]))
    assert (seen(cache, 10, 13), cache.window(LODZ, 11, 11)) == ("2846", [3.0])


def test_a_value_once_read_stands_and_a_gap_is_filled(cache: SlotCache) -> None:
    read(cache, 10, "1M3", "111")
    read(cache, 10, "9295", "9999")
    assert seen(cache, 10, 13) == "1235"
    assert cache.window(LODZ, 10, 13) == [1, 1, 1, 9]


def test_slots_beyond_the_cache_are_missing(cache: SlotCache) -> None:
    read(cache, 10, "123", "123")
    assert seen(cache, 8, 14) == "MM123MM"
    assert (seen(cache, 5, 8), seen(cache, 20, 22)) == ("MMMM", "MMM")


def test_trimmed_slots_are_forgotten_with_their_gaps(cache: SlotCache) -> None:
    read(cache, 10, "M2M4", "1234")
    cache.trim(12)
    assert (cache.first, seen(cache, 10, 13)) == (12, "MMM4")
    assert cache.wanted(12, 13) == (12, 13)
    cache.trim(99)
    assert cache.empty


def test_a_dropped_cache_begins_anew(cache: SlotCache) -> None:
    read(cache, 10, "123", "123")
    cache.drop()
    assert cache.empty
    assert isnan(cache.newest(HAM))
    assert cache.wanted(11, 13) == (11, 13)
    read(cache, 11, "456", "456")
    assert seen(cache, 10, 13) == "M456"
    assert cache.newest(HAM) == 6
