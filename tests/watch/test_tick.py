"""A tick judges every slot that may be judged, notes what nobody will judge, and tells what it came to."""

from __future__ import annotations

from datetime import timedelta

from stopwatch.core.grid import Grid
from stopwatch.core.state import Reported
from tests.watch.letters import GRAIN, HAM, LODZ, MINUTE, T0, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
FIRST = Grid(HALF).at_or_after(T0)


def simple(worlds: Worlds, letters: str, **more: object) -> World:
    return worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): letters}, **more)  # type: ignore[arg-type] # fields by name


def unjudged(world: World) -> list[tuple[int, int]]:
    """First and last slot of every span that was recorded as never judged."""
    return [(round((span.first - T0) / GRAIN), round((span.last - T0) / GRAIN)) for span in world.never_judged()]


def test_the_newest_slot_waits_for_the_evaluation_delay(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF, eval_delay=MINUTE)), {("load", HAM): "BBBBBB"})
    world.tick(T0 + 4 * GRAIN - timedelta(seconds=1))
    assert world.log() == []
    world.tick(T0 + 4 * GRAIN)
    assert [entry.opened_at for entry in world.log()] == [T0 + 2 * GRAIN]


def test_the_newest_slot_never_goes_back(worlds: Worlds) -> None:
    world = simple(worlds, "C" * 40)
    world.tick(T0 + 20 * GRAIN)
    report = world.tick(T0 + 2 * GRAIN)
    assert (report.reads.outcomes, report.committed.slots) == ({}, 0)
    assert world.cell(HAM, "load").last == FIRST + 20
    assert world.tick(T0 + 21 * GRAIN).committed.slots == 1


def test_before_the_activation_nothing_is_judged(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF), go_live=T0 + 10 * GRAIN), {("load", HAM): "B" * 20})
    world.run(T0, T0 + 9 * GRAIN, every=HALF)
    assert world.source.asked == []
    world.run(T0 + 10 * GRAIN, T0 + 13 * GRAIN, every=HALF)
    assert [entry.opened_at for entry in world.log()] == [T0 + 12 * GRAIN]


def test_a_report_counts_slots_catching_up_grounds_and_lateness(worlds: Worlds) -> None:
    world = simple(worlds, "CCCBBBCC" + "C" * 20)
    world.tick(T0)
    report = world.tick(T0 + 9 * GRAIN + timedelta(seconds=3))
    assert (report.committed.slots, report.committed.caught_up, report.committed.grounds) == (9, 8, 1)
    assert report.lateness == 8 * GRAIN + timedelta(seconds=3)
    assert (report.source, report.failures) == ("default", [])


def test_an_outage_longer_than_is_caught_up_leaves_one_span_that_is_said_once(worlds: Worlds) -> None:
    world = simple(worlds, "C" * 100, catch_up=10 * GRAIN)
    world.tick(T0 + 2 * GRAIN)
    world.source.failing = {"load"}
    reports = [world.tick(T0 + at * GRAIN) for at in range(3, 40)]
    assert [report.unjudged for report in reports if report.unjudged] == []
    world.restart()
    world.source.failing = set()
    report = world.tick(T0 + 40 * GRAIN)
    assert report.unjudged == ["ham-01 load: 2026-11-21T10:01:30Z to 2026-11-21T10:14:30Z"]
    assert report.missed == 27
    assert unjudged(world) == [(3, 29)]
    assert world.cell(HAM, "load").last == FIRST + 40
    world.restart()
    assert world.tick(T0 + 41 * GRAIN).unjudged == []
    assert unjudged(world) == [(3, 29)]


def test_what_is_older_than_is_caught_up_opens_nothing_but_fills_windows(worlds: Worlds) -> None:
    world = simple(worlds, "BBBBCCCCCCCC" + "B" * 30, catch_up=10 * GRAIN)
    world.tick(T0 + 23 * GRAIN)
    assert [(entry.opened_at, entry.pending_since) for entry in world.log()] == [(T0 + 14 * GRAIN, T0 + 12 * GRAIN)]
    assert unjudged(world) == [(0, 12)]


def test_three_failures_in_a_row_are_an_error_that_the_next_success_ends(worlds: Worlds) -> None:
    world = simple(worlds, "C" * 40)
    world.tick(T0)
    world.source.failing = {"load"}
    seen = []
    for at in range(1, 5):
        world.tick(T0 + at * GRAIN)
        seen.append(world.reported(HAM, "load"))
    assert seen == [Reported.OK, Reported.OK, Reported.ERROR, Reported.ERROR]
    world.source.failing = set()
    world.tick(T0 + 5 * GRAIN)
    assert world.reported(HAM, "load") is Reported.OK
    assert world.cell(HAM, "load").last == FIRST + 5


def test_a_site_without_data_is_blind_and_the_others_are_not(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF), sites=(HAM, LODZ)), {("load", HAM): "C" * 20})
    world.run(T0, T0 + 6 * GRAIN, every=HALF)
    assert (world.reported(HAM, "load"), world.reported(LODZ, "load")) == (Reported.OK, Reported.NO_DATA)
    assert world.decisions() == []
