"""Rules that see nothing but clear slots are kept as sets, and leave them for whatever is not plainly so."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from stopwatch.core.decision import Act
from stopwatch.core.kpi import KpiId
from stopwatch.core.rule import Criterion, Op
from stopwatch.core.state import Condition
from stopwatch.watch.evaluation.cells import Cell
from tests.watch.letters import GRAIN, HAM, LODZ, T0, plain, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
CALM_AT = 9
"""After so many grains of clear slots every rule of these worlds is calm."""


def two_sites(worlds: Worlds, tail: str, volumes: str = "C" * 60) -> World:
    """A guarded rule at two sites: one stays clear, the other goes on with *tail* after `CALM_AT`."""
    ham = ("C" * (CALM_AT + 1) + tail).ljust(60, "C")
    return worlds.make(
        rule_set(rule("load", step=HALF, volume=True), sites=(HAM, LODZ)),
        {
            ("load", HAM): ham,
            ("load", LODZ): "C" * 60,
            ("load_volume", HAM): volumes,
            ("load_volume", LODZ): "C" * 60,
        },
    )


def until(world: World, grains: int) -> Cell:
    """Tick every grain up to *grains*; return the first site's cell."""
    world.run(T0, T0 + grains * GRAIN, every=HALF)
    return world.cell(HAM, "load")


def test_a_rule_is_calm_once_its_whole_history_is_clear(worlds: Worlds) -> None:
    world = two_sites(worlds, "")
    assert until(world, 2).calm is None
    cell = until(world, CALM_AT)
    assert cell.calm is not None
    assert cell.calm is world.cell(LODZ, "load").calm
    assert cell.last == cell.group.newest


@pytest.mark.parametrize(
    ("tail", "volumes"),
    [
        pytest.param("B", "C" * 60, id="a breaching slot"),
        pytest.param("M", "C" * 60, id="a missing slot"),
        pytest.param("C", "C" * (CALM_AT + 1) + "L" + "C" * 49, id="too little volume"),
        pytest.param("C", "C" * (CALM_AT + 1) + "M" + "C" * 49, id="no volume"),
    ],
)
def test_a_slot_that_is_not_clear_takes_a_rule_out_of_the_set_and_nobody_else(
    worlds: Worlds, tail: str, volumes: str
) -> None:
    world = two_sites(worlds, tail, volumes)
    until(world, CALM_AT)
    world.tick(T0 + (CALM_AT + 1) * GRAIN)
    assert world.cell(HAM, "load").calm is None
    assert world.cell(LODZ, "load").calm is not None
    assert world.cell(HAM, "load").last == world.cell(LODZ, "load").last


def test_it_comes_back_when_its_whole_history_is_clear_again(worlds: Worlds) -> None:
    world = two_sites(worlds, "B")
    until(world, CALM_AT + 1)
    assert world.cell(HAM, "load").state.condition is Condition.PENDING
    assert until(world, 2 * CALM_AT + 1).calm is world.cell(LODZ, "load").calm


def test_a_failed_query_is_counted_for_every_calm_rule_and_its_slots_are_caught_up(worlds: Worlds) -> None:
    world = two_sites(worlds, "BBB")
    until(world, CALM_AT)
    world.source.failing = {"load"}
    world.run(T0 + (CALM_AT + 1) * GRAIN, T0 + (CALM_AT + 2) * GRAIN, every=HALF)
    cells = [world.cell(site, "load") for site in (HAM, LODZ)]
    assert [(cell.calm, cell.state.failures) for cell in cells] == [(None, 2), (None, 2)]
    world.source.failing = set()
    world.tick(T0 + (CALM_AT + 3) * GRAIN)
    assert [entry.opened_at for entry in world.log()] == [T0 + (CALM_AT + 3) * GRAIN]
    assert world.cell(LODZ, "load").calm is not None


def test_the_end_of_a_decision_at_a_site_arms_a_calm_rule_of_it_afresh(worlds: Worlds) -> None:
    world = two_sites(worlds, "BBB")
    until(world, 3 * CALM_AT)
    assert world.cell(HAM, "load").calm is not None
    (decision,) = world.decisions()
    end = T0 + 3 * CALM_AT * GRAIN + timedelta(seconds=5)
    world.act(decision.id, Act.RESUME, end)
    world.tick(T0 + (3 * CALM_AT + 1) * GRAIN)
    cell = world.cell(HAM, "load")
    assert (cell.calm, cell.state.armed_at) == (None, end)


def test_several_slots_at_once_are_looked_at_one_by_one(worlds: Worlds) -> None:
    world = two_sites(worlds, "BBBC")
    until(world, CALM_AT)
    world.tick(T0 + (CALM_AT + 6) * GRAIN)
    assert [entry.opened_at for entry in world.log()] == [T0 + (CALM_AT + 3) * GRAIN]
    assert world.cell(LODZ, "load").calm is not None


def test_calm_rules_write_nothing_but_the_progress_of_their_queries(worlds: Worlds) -> None:
    world = two_sites(worlds, "")
    until(world, CALM_AT)
    saved = [world.cell(site, "load").saved for site in (HAM, LODZ)]
    report = world.tick(T0 + (CALM_AT + 1) * GRAIN)
    assert [world.cell(site, "load").saved for site in (HAM, LODZ)] == saved
    assert (report.committed.slots, report.committed.caught_up) == (2, 0)
    with world.store.reading() as view:
        assert set(view.progress("wms-4-12").values()) == {T0 + (CALM_AT + 1) * GRAIN}
        assert view.behind("wms-4-12") == {}


@pytest.mark.slow
@pytest.mark.parametrize("threshold", ["1", "4.5", "9"])
@pytest.mark.parametrize("op", list(Op), ids=[op.name.lower() for op in Op])
@pytest.mark.parametrize("letters", ["C" * 12 + "R" * 12 + "B" * 12 + "C" * 12, "B" * 12 + "R" * 12 + "C" * 12])
def test_every_comparison_draws_the_line_where_the_fold_does(
    worlds: Worlds, op: Op, threshold: str, letters: str
) -> None:
    criterion = Criterion(KpiId("load"), op, Decimal(threshold), Decimal(threshold))
    world = worlds.make(rule_set(rule("load", step=HALF, criteria=(criterion,))), {("load", HAM): letters})
    end = T0 + (len(letters) - 1) * GRAIN
    world.run(T0, end, every=HALF)
    entries, states = plain(world.rules, world.source, end)
    assert world.log() == entries
    assert {(cell.site, cell.rule.id): cell.state for cell in world.cells()} == states
