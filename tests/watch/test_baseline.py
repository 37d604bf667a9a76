"""Limits that follow a baseline, in the watch: none is an error, a new one counts from the next slot on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from stopwatch.core.kpi import KpiId
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.core.rollout import RuleSet
from stopwatch.core.rule import BaselineThreshold, Criterion, Op, Statistic
from stopwatch.watch.baseline import rebaselined
from tests.watch.letters import HAM, MINUTE, ROLLOUT, T0, rule, rule_set
from tests.watch.world import World, Worlds

LOAD = KpiId("load")


def relative(statistic: Statistic = Statistic.MEDIAN) -> RuleSet:
    """Above twice the baseline in three slots in a row."""
    limit = BaselineThreshold(statistic, Decimal(2))
    return rule_set(replace(rule("load"), criteria=(Criterion(LOAD, Op.ABOVE, limit),)))


def freeze(world: World, median: float, at: datetime, p90: float = 100.0) -> None:
    body = {"kpis": {"load": {"median": median, "p90": p90}}}
    with world.store.writing() as tx:
        tx.record(entry(ROLLOUT, EntryKind.BASELINE, HAM, body=body, actor="cli:ida", at=at))


def take_up_again(world: World) -> None:
    """As a daemon does that notices a new baseline, and as a restart does."""
    assert rebaselined(world.store, world.rules, world.watch.book.baselines)
    world.restart()
    assert not rebaselined(world.store, world.rules, world.watch.book.baselines)


def run(world: World, first: int, last: int) -> None:
    world.run(T0 + first * MINUTE, T0 + last * MINUTE)


def minutes(letters: str) -> str:
    """A letter a minute."""
    return "".join(letter * 2 for letter in letters)


def openings(world: World) -> list[int]:
    return [int((found.opened_at - T0) / MINUTE) for found in world.log()]


def test_without_a_baseline_a_rule_fails_and_neither_passes_nor_pauses(worlds: Worlds) -> None:
    world = worlds.make(relative(), {("load", HAM): minutes("B" * 30)})
    run(world, 0, 6)
    cell = world.cell(HAM, "load")
    assert cell.unresolved == "no baseline median of load is frozen for this site"
    assert cell.state.failures >= cell.rule.error_after
    assert (world.decisions(), cell.last) == ([], None)


def test_the_slots_that_waited_for_a_baseline_are_judged_once_it_is_frozen(worlds: Worlds) -> None:
    world = worlds.make(relative(), {("load", HAM): minutes("CCBBBB" + "C" * 20)})
    run(world, 0, 8)
    freeze(world, 2.0, T0 + 8 * MINUTE)
    take_up_again(world)
    run(world, 9, 10)
    assert openings(world) == [4]


def test_a_new_baseline_changes_the_hash_and_counts_from_the_next_slot_on(worlds: Worlds) -> None:
    world = worlds.make(relative(), {("load", HAM): minutes("RRRR" + "R" * 20)})
    freeze(world, 4.0, T0)
    take_up_again(world)
    run(world, 0, 5)
    first = world.cell(HAM, "load").resolved
    assert openings(world) == []
    freeze(world, 2.0, T0 + 5 * MINUTE)
    take_up_again(world)
    run(world, 6, 6)
    second = world.cell(HAM, "load").resolved
    assert first is not None
    assert second is not None
    assert (first.limits[0].threshold, second.limits[0].threshold) == (8.0, 4.0)
    assert first.hash != second.hash
    assert openings(world) == [6], "slots that were judged stay judged; the window is classed by the new limit"
    with world.store.reading() as view:
        assert {row.rule_hash for row in view.states(ROLLOUT)} == {second.hash}


def test_a_restart_judges_by_the_newest_baseline_too(worlds: Worlds) -> None:
    letters = {("load", HAM): minutes("C" * 6 + "R" * 20)}
    live, dead = worlds.make(relative(), letters), worlds.make(relative(), letters)
    for world in (live, dead):
        freeze(world, 2.0, T0)
        take_up_again(world)
        run(world, 0, 3)
    run(live, 4, 12)
    dead.restart()
    dead.tick(T0 + 12 * MINUTE)
    assert openings(live) == openings(dead) == [8]


def test_the_statistic_that_is_named_counts_and_stands_on_the_card(worlds: Worlds) -> None:
    world = worlds.make(relative(Statistic.P90), {("load", HAM): minutes("B" * 20)})
    freeze(world, 1.0, T0, p90=4.0)
    take_up_again(world)
    run(world, 0, 4)
    (decision,) = world.decisions()
    summary = decision.grounds[0].summary or {}
    assert (summary["threshold"], summary["baseline"]) == (8.0, 4.0)


def test_rules_that_follow_no_baseline_are_not_laid_out_anew_for_one(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load")), {("load", HAM): "C" * 20})
    freeze(world, 4.0, T0)
    assert not rebaselined(world.store, world.rules, world.watch.book.baselines)
