"""Each tick asks each query once, for all its sites, and only for what is not folded or still missing."""

from __future__ import annotations

from datetime import timedelta

from stopwatch.core.grid import Grid
from stopwatch.core.window import Window
from tests.watch.letters import GRAIN, HAM, LODZ, LYON, MINUTE, T0, Asked, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
FIRST = Grid(HALF).at_or_after(T0)


def asked(world: World) -> list[tuple[str, int, int]]:
    """Return what was asked since the last time: query, first and last slot, counted from the go-live."""
    found = [(one.query, one.slots.first - FIRST, one.slots.last - FIRST) for one in world.source.asked]
    world.source.asked.clear()
    return found


def test_one_request_serves_all_sites(worlds: Worlds) -> None:
    sites = (HAM, LODZ, LYON)
    world = worlds.make(rule_set(rule("load", step=HALF), sites=sites), {("load", site): "C" * 9 for site in sites})
    world.tick(T0 + 3 * GRAIN)
    (only,) = world.source.asked
    assert isinstance(only, Asked)
    assert (only.query, only.sites, len(only.slots)) == ("load", frozenset(sites), 4)


def test_rules_that_share_a_query_and_a_grid_share_the_request(worlds: Worlds) -> None:
    rules = rule_set(
        rule("load", step=HALF, volume=True),
        rule("load-again", "load", step=HALF, window=Window(6, 4), volume=True),
        rule("load-hourly", "load"),
    )
    world = worlds.make(rules, {("load", HAM): "C" * 20, ("load_volume", HAM): "C" * 20})
    world.tick(T0 + 4 * GRAIN)
    queries = [(one.query, one.slots.grid.step) for one in world.source.asked]
    assert sorted(queries) == [("load", HALF), ("load", MINUTE), ("load_volume", HALF)]


def test_steady_state_asks_only_for_slots_that_are_not_folded(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): "C" * 30})
    world.tick(T0 + 5 * GRAIN)
    assert asked(world) == [("load", 0, 5)]
    world.tick(T0 + 6 * GRAIN)
    assert asked(world) == [("load", 6, 6)]
    world.tick(T0 + 6 * GRAIN + timedelta(seconds=20))
    assert asked(world) == []
    world.tick(T0 + 9 * GRAIN)
    assert asked(world) == [("load", 7, 9)]


def test_a_missing_slot_is_asked_for_again_until_it_leaves_the_window(worlds: Worlds) -> None:
    each = rule("load", step=HALF, window=Window(3, 3, extra=1), stale_after=3)
    world = worlds.make(rule_set(each), {("load", HAM): "CCCCCCMCCCCCCCC"})
    world.tick(T0 + 5 * GRAIN)
    asked(world)
    for at in range(6, 12):
        world.tick(T0 + at * GRAIN)
    # The range of slot 9 is 6 … 9; the slot after it can no longer see slot 6.
    assert asked(world) == [
        ("load", 6, 6),
        ("load", 6, 7),
        ("load", 6, 8),
        ("load", 6, 9),
        ("load", 10, 10),
        ("load", 11, 11),
    ]


def test_a_restart_reads_the_window_again(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): "C" * 30})
    world.tick(T0 + 20 * GRAIN)
    world.restart()
    asked(world)
    world.tick(T0 + 21 * GRAIN)
    history = world.cell(HAM, "load").resolved
    assert history is not None
    assert asked(world) == [("load", 21 - history.history + 1, 21)]


def test_nothing_is_asked_from_before_the_activation(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF, settle=MINUTE)), {("load", HAM): "C" * 30})
    world.tick(T0 + GRAIN)
    assert asked(world) == []
    world.tick(T0 + 3 * GRAIN)
    assert asked(world) == [("load", 2, 3)]


def test_a_query_that_fails_is_asked_once_a_step_and_holds_up_nobody_else(worlds: Worlds) -> None:
    world = worlds.make(
        rule_set(rule("load", step=HALF), rule("delay", step=HALF)),
        {("load", HAM): "C" * 30, ("delay", HAM): "C" * 30},
    )
    world.source.failing = {"delay"}
    world.tick(T0 + 2 * GRAIN)
    assert asked(world) == [("load", 0, 2), ("delay", 0, 2)]
    report = world.tick(T0 + 3 * GRAIN)
    assert asked(world) == [("load", 3, 3), ("delay", 0, 3)]
    assert report.reads.outcomes == {"ok": 1, "connect": 1}
    assert report.failures == ["delay: nobody answers"]
    world.tick(T0 + 3 * GRAIN + timedelta(seconds=10))
    assert asked(world) == []
    assert (world.cell(HAM, "load").last, world.cell(HAM, "delay").last) == (FIRST + 3, None)
    assert world.cell(HAM, "delay").state.failures == 2


def test_a_long_catch_up_is_read_in_pieces(worlds: Worlds) -> None:
    slots = 25_000
    step = timedelta(seconds=1)
    world = worlds.make(rule_set(rule("load", step=step)), {})
    world.tick(T0 + timedelta(seconds=slots))
    lengths = [len(one.slots) for one in world.source.asked]
    assert max(lengths) <= 10_000 + 10
    assert world.cell(HAM, "load").last == Grid(step).at_or_before(T0 + timedelta(seconds=slots))
