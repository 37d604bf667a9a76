"""However time is split into ticks, and whatever breaks in between: the event log is the one of the data."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.core.kpi import SiteId
from stopwatch.core.resolve import resolve
from stopwatch.core.rollout import RuleSet
from stopwatch.core.rule import Combine
from stopwatch.core.sample import Samples, classify
from stopwatch.core.state import Change, fold, rearmed
from stopwatch.core.window import Missing, Window
from tests.watch.letters import GRAIN, HAM, LODZ, MINUTE, T0, plain, rule, rule_set
from tests.watch.world import World, Worlds

QUERIES = ("load", "delay", "errors")
LENGTH = 60
HALF = timedelta(seconds=30)

SERIES = st.lists(
    st.sampled_from(["BBBB", "B", "C", "CCCC", "CCCCCCCC", "M", "MMMMMM", "R"]), min_size=4, max_size=24
).map(lambda parts: "".join(parts)[:LENGTH].ljust(LENGTH, "C"))
VOLUMES = st.lists(st.sampled_from(["CCCCCCCC", "L", "M"]), min_size=4, max_size=20).map(
    lambda parts: "".join(parts)[:LENGTH].ljust(LENGTH, "C")
)


def estate() -> RuleSet:
    """Rules of both steps, with shared queries, guards, several conditions and every policy."""
    rules = (
        rule("load", step=HALF),
        rule("load-slow", "load", window=Window(4, 3, extra=2)),
        rule("both", "load", "delay", combine=Combine.ALL, step=HALF, window=Window(3, 2, extra=1)),
        rule("either", "delay", "errors", combine=Combine.ANY, window=Window(2, 2, 0, Missing.BREACHING)),
        rule("guarded", "errors", volume=True, eval_delay=MINUTE, step=HALF, stale_after=3),
        rule("lenient", "errors", window=Window(3, 3, 2, Missing.IGNORE), settle=timedelta(minutes=2)),
        rule("quiet", "delay", window=Window(3, 3, 0, Missing.NOT_BREACHING), step=HALF),
    )
    return rule_set(*rules, sites=(HAM, LODZ))


@dataclass(frozen=True, slots=True)
class Move:
    """What happens before a tick: time goes on by *grains*; memory, caches and answers are lost."""

    grains: int
    restart: bool
    drop: int | None
    failing: frozenset[str]


MOVES = st.lists(
    st.builds(
        Move,
        grains=st.sampled_from([1, 1, 2, 3, 5, 13]),
        restart=st.booleans(),
        drop=st.none() | st.integers(0, 7),
        failing=st.frozensets(st.sampled_from([*QUERIES, "errors_volume"]), max_size=2),
    ),
    max_size=14,
)


@contextlib.contextmanager
def a_world(worlds: Worlds, rules: RuleSet, series: dict[tuple[str, SiteId], str]) -> Iterator[World]:
    world = worlds.make(rules, series)
    try:
        yield world
    finally:
        worlds.end(world)


def live_through(world: World, moves: list[Move]) -> datetime:
    """Let *moves* happen, then let the source answer again until everything is folded; return the end."""
    now = T0 - HALF
    for move in moves:
        now += move.grains * GRAIN
        if move.restart:
            world.restart()
        if move.drop is not None:
            world.drop(move.drop)
        world.source.failing = set(move.failing)
        world.tick(now)
    world.source.failing = set()
    end = max(now + 2 * GRAIN, T0 + LENGTH * GRAIN)
    world.tick(end)
    return end


def check_log(worlds: Worlds, data: st.DataObject, moves: list[Move]) -> None:
    series = {(query, site): data.draw(SERIES) for query in QUERIES for site in (HAM, LODZ)}
    series |= {("errors_volume", site): data.draw(VOLUMES) for site in (HAM, LODZ)}
    with a_world(worlds, estate(), series) as world:
        end = live_through(world, moves)
        entries, states = plain(world.rules, world.source, end)
        assert world.log() == entries
        assert world.states() == states
        assert {(cell.site, cell.rule.id): cell.state for cell in world.cells()} == states
        world.restart()
        assert {(cell.site, cell.rule.id): cell.state for cell in world.cells()} == states
        assert [cell.last for cell in world.cells()] == [
            cell.rule.grid.newest(now=end, eval_delay=cell.rule.eval_delay) for cell in world.cells()
        ]


@pytest.mark.slow
@settings(max_examples=10)
@given(data=st.data(), moves=MOVES)
def test_the_log_does_not_depend_on_ticks_restarts_dropped_caches_or_failures(
    worlds: Worlds, data: st.DataObject, moves: list[Move]
) -> None:
    check_log(worlds, data, moves)


@pytest.mark.slow
@settings(max_examples=60)
@given(data=st.data(), moves=MOVES)
def test_nor_does_it_in_many_more_cases(worlds: Worlds, data: st.DataObject, moves: list[Move]) -> None:
    check_log(worlds, data, moves)


# ----------------------------------------------------------------------------------------------------------- late data

LATE = st.dictionaries(st.integers(0, LENGTH - 1), st.integers(1, 12), max_size=25)
LATE_MOVES = st.lists(
    st.builds(
        Move,
        grains=st.sampled_from([1, 2, 3, 6]),
        restart=st.booleans(),
        drop=st.none() | st.integers(0, 3),
        failing=st.sampled_from([frozenset(), frozenset(), frozenset({"load"})]),
    ),
    min_size=3,
    max_size=14,
)


def judged_as_it_came(world: World, ticks: list[tuple[datetime, bool]]) -> list[tuple[datetime, datetime | None]]:
    """Fold slot after slot by what was there at each tick that got an answer, with nothing remembered but the state."""
    (each,) = world.rules.rules[HAM]
    resolved = resolve(each, world.rules.kpis, {})
    state, first = rearmed(T0), each.grid.at_or_after(T0)
    start, found = first, []
    for now, answered in ticks:
        newest = each.grid.newest(now=now, eval_delay=each.eval_delay)
        if not answered or newest < start:
            continue
        world.source.now = now
        values = [world.source.value("load", HAM, each.grid.instant(slot)) for slot in range(first, newest + 1)]
        state, events = fold(resolved, state, classify(resolved, first, [Samples(values)]), start=start)
        start = newest + 1
        found += events
    ends = {event.opened_at: event.at for event in found if event.change is Change.RECOVERED}
    return [(event.at, ends.get(event.at)) for event in found if event.change is Change.OPENED]


@settings(max_examples=12)
@given(series=SERIES, late=LATE, moves=LATE_MOVES)
def test_late_values_count_while_they_are_in_a_window_and_never_undo_what_was_judged(
    worlds: Worlds, series: str, late: dict[int, int], moves: list[Move]
) -> None:
    rules = rule_set(rule("load", step=HALF, window=Window(4, 3, extra=3)))
    with a_world(worlds, rules, {("load", HAM): series}) as world:
        world.source.late = {("load", HAM, at): T0 + (at + after) * GRAIN for at, after in late.items()}
        ticks, now = [], T0 - HALF
        for move in moves:
            now += move.grains * GRAIN
            if move.restart:
                world.restart()
            if move.drop is not None:
                world.drop(move.drop)
            world.source.failing = set(move.failing)
            world.tick(now)
            ticks.append((now, not move.failing))
        assert [(entry.opened_at, entry.recovered_at) for entry in world.log()] == judged_as_it_came(world, ticks)


def test_a_value_that_was_missing_at_first_still_completes_a_breach(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): "CCBBBC"})
    world.source.late = {("load", HAM, 3): T0 + 4 * GRAIN}
    world.run(T0, T0 + 5 * GRAIN, every=HALF)
    assert [entry.opened_at for entry in world.log()] == [T0 + 4 * GRAIN]
