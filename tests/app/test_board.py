"""The picture that is kept from look to look is the one that would be drawn from nothing, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stopwatch.app.board import ENDED_SHOWN, Board
from stopwatch.core.gauges import Gauges
from stopwatch.core.kpi import SiteId
from stopwatch.core.rollout import RuleSet
from stopwatch.telemetry.board import board_text
from stopwatch.telemetry.metrics import Metrics
from stopwatch.watch.evaluation.picture import draw
from stopwatch.watch.evaluation.recording import ended_by_site
from stopwatch.watch.evaluation.sketch import sketch
from tests.watch.letters import GRAIN, HAM, LODZ, LYON, ROLLOUT, T0, rule, rule_set
from tests.watch.test_evidence import act_at_random
from tests.watch.test_folding import MOVES, QUERIES, SERIES, VOLUMES, Move, a_world, estate
from tests.watch.world import World, Worlds

CALM = "C" * 60


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    made = Worlds(tmp_path_factory.mktemp("board"))
    yield made
    made.close()


def a_board(world: World) -> tuple[Board, Metrics]:
    metrics = Metrics(version="1", now=lambda: T0)
    return Board(world.store.recall, metrics), metrics


def from_nothing(world: World, board: Board, now: datetime) -> Gauges:
    """Draw every rule by itself, whether it is calm or not, for a board that has seen nothing before."""
    apart = sketch([replace(group, calm={}, _restless=tuple(group.cells)) for group in world.watch.groups])
    fresh, _ = a_board(world)
    fresh.blind, fresh.evaluated_at = board.blind, board.evaluated_at
    fresh.note(world.rules, [], now)
    with world.store.reading() as reader:
        ended = ended_by_site(reader, ROLLOUT, now - ENDED_SHOWN)
    return draw(fresh.gauges().standing, [apart], ended, board.evaluated_at)


def lines(page: str) -> list[str]:
    """The lines of the families of sites, in no order."""
    return sorted(page.splitlines())


def look(world: World, board: Board, now: datetime) -> None:
    """Note how everything stands, and see that API and gauges say what a drawing from nothing says."""
    board.note(world.rules, [world.watch], now)
    wanted = from_nothing(world, board, now)
    assert board.view() == wanted.view()
    page = board.page().decode()
    assert lines(page[page.index("# HELP stopwatch_kpi_value") :]) == lines(board_text(wanted))


@settings(max_examples=4)
@given(data=st.data(), moves=MOVES)
def test_the_kept_picture_is_the_one_drawn_from_nothing_after_any_ticks_reloads_and_acts(
    worlds: Worlds, data: st.DataObject, moves: list[Move]
) -> None:
    site_lists = ((HAM, LODZ), (HAM,), (HAM, LODZ, LYON))
    plans: list[RuleSet] = [estate(), *(rule_set(*estate().rules[HAM][:-1], sites=sites) for sites in site_lists[1:])]
    told: dict[tuple[str, SiteId], str] = {
        (query, site): data.draw(SERIES | st.just(CALM)) for query in QUERIES for site in (HAM, LODZ)
    }
    told |= {("errors_volume", site): data.draw(VOLUMES | st.just(CALM)) for site in (HAM, LODZ)}
    with a_world(worlds, plans[0], told) as world:
        board, _ = a_board(world)
        now = T0
        for move in moves:
            now += move.grains * GRAIN
            if move.restart:
                world.restart(data.draw(st.sampled_from(plans)))
            if move.drop is not None:
                world.drop(move.drop)
            world.source.failing = set(move.failing)
            world.tick(now)
            board.evaluated_at, board.blind = now, data.draw(st.sampled_from([frozenset(), frozenset({HAM})]))
            act_at_random(world, now, data)
            look(world, board, now)


def test_a_calm_step_draws_and_writes_nothing_of_sites_anew(worlds: Worlds) -> None:
    with a_world(worlds, rule_set(rule("load", step=GRAIN), sites=(HAM, LODZ)), {}) as world:
        world.source.series = {("load", HAM): CALM, ("load", LODZ): CALM}
        world.run(T0, T0 + 20 * GRAIN, every=GRAIN)
        board, _ = a_board(world)
        drawn = []
        for step in (21, 22):
            now = T0 + step * GRAIN
            world.tick(now)
            board.evaluated_at = now
            board.note(world.rules, [world.watch], now)
            drawn.append(board.gauges())
        before, after = drawn
        assert after.standing is before.standing
        assert [each.members for each in after.calm] == [each.members for each in before.calm]
        assert [each.newest_slot - old.newest_slot for old, each in zip(before.calm, after.calm, strict=True)] == [
            timedelta(seconds=30)
        ]
        assert (len(after.singles), board.gauges() is after, board.view() is board.view()) == (0, True, True)
