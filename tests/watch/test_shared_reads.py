"""Wishes are answered by few requests, each as its source alone would answer it."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from stopwatch.core.grid import Grid, SlotRange
from stopwatch.watch.shared_reads import MOST_SLOTS, SharedReads, Wish
from tests.watch.letters import GRAIN, HAM, LODZ, T0, LetterSource

GRID = Grid(GRAIN)
FIRST = GRID.at_or_before(T0)
LENGTH = 700


def wish(begin: int, last: int, site: str = HAM) -> Wish:
    return Wish(
        "default", "load", "site", site, HAM if site == HAM else LODZ, SlotRange(GRID, FIRST + begin, FIRST + last)
    )


def test_slots_that_lie_apart_are_read_apart() -> None:
    grid, source = Grid(GRAIN), LetterSource({("load", HAM): "C" * 10 + "B" * 490})
    first = grid.at_or_before(T0)
    near, far = (
        Wish("default", "load", "site", HAM, HAM, SlotRange(grid, first + begin, first + begin + 3))
        for begin in (8, 400)
    )
    reads = SharedReads({"default": source}, [far, near], deadline_seconds=1.0)
    assert [reads.series(wish) for wish in (far, near, far)] == [[9.0] * 4, [1.0, 1.0, 9.0, 9.0], [9.0] * 4]
    assert [one.slots for one in source.asked] == [far.slots, near.slots]


WISHES = st.lists(
    st.builds(
        lambda begin, length, site: wish(begin, min(begin + length, LENGTH - 1), site),
        st.integers(0, LENGTH - 1),
        st.one_of(st.integers(0, 60), st.integers(0, LENGTH)),
        st.sampled_from([HAM, LODZ]),
    ),
    min_size=1,
    max_size=12,
)


@given(WISHES)
@example([wish(0, 100, LODZ), wish(50, 80), wish(50, 300, LODZ)])
def test_each_wish_gets_its_own_slots_and_no_request_grows_without_end(wishes: list[Wish]) -> None:
    letters = {("load", HAM): "CB" * (LENGTH // 2), ("load", LODZ): "CCB" * (LENGTH // 3 + 1)}
    source, alone = LetterSource(letters), LetterSource(letters)
    reads = SharedReads({"default": source}, wishes, deadline_seconds=1.0)
    answered = [list(reads.series(one)) for one in wishes]
    own = [SharedReads({"default": alone}, [one], deadline_seconds=1.0).series(one) for one in wishes]
    assert answered == [list(values) for values in own]
    longest = max(len(one.slots) for one in wishes)
    assert all(len(one.slots) <= max(MOST_SLOTS, longest) for one in source.asked)
    assert len(source.asked) <= len(wishes)
