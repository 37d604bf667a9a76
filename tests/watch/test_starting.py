"""Taking up the watch again, with the same files or others, goes on where the records end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from stopwatch.core.decision import Act
from stopwatch.core.grid import Grid
from stopwatch.core.rollout import RuleSet
from stopwatch.core.rule import StopRule
from stopwatch.core.state import Condition
from stopwatch.core.window import Window
from stopwatch.watch.starting import note_unwatched
from tests.watch.letters import CHANNEL, GRAIN, HAM, LODZ, MINUTE, T0, plain, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
HOUR = timedelta(hours=1)
FIRST = Grid(HALF).at_or_after(T0)
LOAD, DELAY = rule("load", step=HALF), rule("delay", step=HALF)


def reload(world: World, rules: RuleSet, *, at: int) -> list[str]:
    """Take up the watch with other files, as a start or a reload does."""
    with world.store.writing() as tx:
        told = note_unwatched(tx, rules, lambda _site: CHANNEL, T0 + at * GRAIN)
    world.restart(rules)
    return told


def run(world: World, first: int, last: int) -> None:
    world.run(T0 + first * GRAIN, T0 + last * GRAIN, every=HALF)


def openings(world: World) -> list[tuple[str, int]]:
    return sorted((str(entry.rule), int((entry.opened_at - T0) / GRAIN)) for entry in world.log())


def test_a_rule_that_is_added_is_judged_from_the_activation(worlds: Worlds) -> None:
    world = worlds.make(rule_set(LOAD), {("load", HAM): "C" * 40, ("delay", HAM): "CCBBBBCCC".ljust(40, "C")})
    run(world, 0, 20)
    reload(world, rule_set(LOAD, DELAY), at=20)
    run(world, 21, 22)
    assert openings(world) == [("delay", 4)]
    assert world.log()[0].recovered_at == T0 + 7 * GRAIN


def test_a_rule_that_is_added_late_is_judged_as_far_back_as_is_caught_up(worlds: Worlds) -> None:
    series = {("load", HAM): "C" * 60, ("delay", HAM): "BBBBCCCCCC" * 5}
    world = worlds.make(rule_set(LOAD), series, catch_up=10 * GRAIN)
    run(world, 0, 30)
    reload(world, rule_set(LOAD, DELAY), at=30)
    report = world.tick(T0 + 31 * GRAIN)
    assert openings(world) == [("delay", 22)]
    assert report.unjudged == ["ham-01 delay: 2026-11-21T10:00:00Z to 2026-11-21T10:10:00Z"]
    assert world.tick(T0 + 32 * GRAIN).unjudged == []


def test_a_changed_rule_keeps_its_state_and_is_judged_by_its_new_numbers(worlds: Worlds) -> None:
    world = worlds.make(rule_set(LOAD), {("load", HAM): "CBB" + "B" * 40})
    run(world, 0, 2)
    longer = replace(LOAD, window=Window(6, 6, 0))
    reload(world, rule_set(longer), at=2)
    assert world.cell(HAM, "load").state.condition is Condition.PENDING
    assert world.cell(HAM, "load").last == FIRST + 2
    run(world, 3, 8)
    (only,) = world.log()
    assert (only.opened_at, only.pending_since) == (T0 + 6 * GRAIN, T0 + GRAIN)
    hashes = {cell.resolved.hash for cell in world.cells() if cell.resolved is not None}
    assert {ground.summary["rule_hash"] for ground in world.decisions()[0].grounds if ground.summary} == hashes


def test_another_step_and_another_query_keep_the_place(worlds: Worlds) -> None:
    world = worlds.make(rule_set(LOAD), {("load", HAM): "C" * 60, ("late_load", HAM): "B" * 60})
    run(world, 0, 9)
    slower = replace(LOAD, step=MINUTE, criteria=rule("late_load").criteria)
    reload(world, rule_set(slower), at=9)
    assert world.cell(HAM, "load").last == Grid(MINUTE).at_or_before(T0 + 9 * GRAIN)
    world.tick(T0 + 10 * GRAIN)
    world.restart()
    assert world.cell(HAM, "load").last == Grid(MINUTE).at_or_before(T0 + 10 * GRAIN)
    assert openings(world) == [("load", 10)], "its window looks back over the other query's past"


# --------------------------------------------------------------------------------------------------- leaving the files


def without(*rules: StopRule) -> RuleSet:
    return rule_set(*rules)


def test_a_ground_whose_rule_left_is_no_longer_watched_and_can_be_resolved(worlds: Worlds) -> None:
    world = worlds.make(rule_set(LOAD, DELAY), {("load", HAM): "B" * 40, ("delay", HAM): "C" * 40})
    run(world, 0, 3)
    told = reload(world, without(DELAY), at=4)
    assert told == ["ham-01-20261121T1001Z: load@20261121T1001Z is no longer watched"]
    (decision,) = world.decisions()
    assert (decision.grounds[0].unwatched, decision.rev) == (True, 1)
    assert world.audited()[-1] == ("daemon", "ground.unwatch")
    assert [row.desired for row in world.store.rows()] == [2, 1], "the card says so, and its chart stays"
    assert reload(world, without(DELAY), at=5) == []
    run(world, 5, 6)
    world.act(decision.id, Act.RESOLVE, T0 + 6 * GRAIN, ground=decision.grounds[0].id)
    assert world.act(decision.id, Act.RESUME, T0 + 6 * GRAIN).rev == 2


def test_a_rule_that_comes_back_is_watched_again(worlds: Worlds) -> None:
    world = worlds.make(rule_set(LOAD, DELAY), {("load", HAM): "B" * 40, ("delay", HAM): "C" * 40})
    run(world, 0, 3)
    reload(world, without(DELAY), at=4)
    told = reload(world, rule_set(LOAD, DELAY), at=5)
    assert told == ["ham-01-20261121T1001Z: load@20261121T1001Z is watched again"]
    assert not world.decisions()[0].grounds[0].unwatched


def test_slots_that_passed_while_a_rule_was_away_are_judged_when_it_is_back(worlds: Worlds) -> None:
    again = replace(rule("load-again", "load"), step=HALF)
    world = worlds.make(rule_set(LOAD, again), {("load", HAM): "CCCCCCCBBBBBCCCCCCCCCCCC"})
    run(world, 0, 4)
    reload(world, without(LOAD), at=5)
    run(world, 5, 15)
    assert openings(world) == [("load", 9)]
    reload(world, rule_set(LOAD, again), at=16)
    run(world, 16, 17)
    entries, states = plain(world.rules, world.source, T0 + 17 * GRAIN)
    assert (world.log(), world.states()) == (entries, states)
    assert len(entries) == 2


def test_slots_that_passed_while_a_site_was_away_are_judged_when_it_is_back(worlds: Worlds) -> None:
    both, one = rule_set(LOAD, sites=(HAM, LODZ)), rule_set(LOAD, sites=(HAM,))
    world = worlds.make(both, {("load", HAM): "C" * 40, ("load", LODZ): "CCCCCCCBBBBBCCCCCCCCCC"})
    run(world, 0, 4)
    reload(world, one, at=5)
    run(world, 5, 15)
    reload(world, both, at=16)
    run(world, 16, 17)
    assert [(entry.site, entry.opened_at) for entry in world.log()] == [(LODZ, T0 + 9 * GRAIN)]


def test_a_rule_that_cannot_be_judged_takes_no_place_of_another(worlds: Worlds) -> None:
    world = worlds.make(rule_set(LOAD, DELAY), {("load", HAM): "C" * 40, ("delay", HAM): "CCCBBBCC" + "C" * 20})
    world.source.failing = {"delay"}
    run(world, 0, 9)
    world.restart()
    assert (world.cell(HAM, "load").last, world.cell(HAM, "delay").last) == (FIRST + 9, FIRST - 1)
    world.source.failing = set()
    run(world, 10, 11)
    assert openings(world) == [("delay", 5)]


def test_thresholds_are_exact_decimals(worlds: Worlds) -> None:
    criterion = replace(LOAD.criteria[0], threshold=Decimal("9.0"), recover_threshold=None)
    world = worlds.make(rule_set(replace(LOAD, criteria=(criterion,))), {("load", HAM): "B" * 9})
    run(world, 0, 8)
    assert world.log() == [], "nine is not above nine"
