"""The live daemon and a replay of the same data tell the same, and a replay is bounded by what it was asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings

from stopwatch.core.rollout import RuleSet
from stopwatch.core.rule import Mode
from stopwatch.watch.replay.run import Replay, Span, replay
from tests.watch.letters import GRAIN, HAM, LODZ, T0, LetterSource, rule, rule_set
from tests.watch.test_folding import LENGTH, MOVES, SERIES, Move, live_through
from tests.watch.world import Worlds

HALF = timedelta(seconds=30)
RULES = (rule("load", step=HALF), rule("delay", step=HALF, settle=4 * GRAIN))
END = T0 + (LENGTH - 1) * GRAIN


def past(
    rules: RuleSet, source: LetterSource, start: datetime = T0, end: datetime = END, *, as_live: bool = False
) -> Replay:
    (found,) = replay([rules], {source.name: source}, Span(start, end, as_live=as_live))
    return found


@settings(max_examples=8)
@given(load=SERIES, delay=SERIES, moves=MOVES)
def test_a_replay_tells_what_the_daemon_recorded(worlds: Worlds, load: str, delay: str, moves: list[Move]) -> None:
    rules = rule_set(*RULES)
    world = worlds.make(rules, {("load", HAM): load, ("delay", HAM): delay})
    end = live_through(world, moves)
    found = past(rules, world.source, end=end)
    assert sorted(
        (each.site, each.rule, each.opened_at, each.pending_since, each.recovered_at) for each in found.breaches
    ) == ([tuple(entry) for entry in world.log()])
    worlds.end(world)


def test_slots_are_counted_and_missing_ones_among_them() -> None:
    source = LetterSource({("load", HAM): "CCMMC", ("delay", HAM): "CCCCC"})
    found = past(rule_set(*RULES), source, end=T0 + 4 * GRAIN)
    # The second rule settles for four slots, so that one of its five is judged.
    assert (found.slots, found.missing, found.errors) == (6, 2, 0)


def test_a_query_that_fails_is_an_error_for_each_of_its_slots() -> None:
    source = LetterSource({("load", HAM): "C" * 5, ("delay", HAM): "C" * 9}, failing={"load"})
    found = past(rule_set(*RULES), source, end=T0 + 4 * GRAIN)
    assert (found.slots, found.errors) == (1, 5)
    assert found.failures == ["ham-01 load: nobody answers"]


@pytest.mark.parametrize(
    ("go_live", "as_live", "judged"),
    [
        pytest.param(None, False, 10, id="without a go-live from the start"),
        pytest.param(None, True, 0, id="without a go-live as live never"),
        pytest.param(T0 + 99 * GRAIN, False, 10, id="one after the end from the start"),
        pytest.param(T0 + 99 * GRAIN, True, 0, id="one after the end as live never"),
        pytest.param(T0 + 4 * GRAIN, False, 6, id="one in range from there"),
        pytest.param(T0 - 50 * GRAIN, True, 10, id="one before the start from the start"),
    ],
)
def test_where_the_replay_of_a_site_begins(go_live: datetime | None, as_live: bool, judged: int) -> None:  # noqa: FBT001 – a column of the table
    rules = rule_set(RULES[0])
    site = replace(rules.plan.sites[HAM], go_live=go_live)
    rules = replace(rules, plan=replace(rules.plan, sites={HAM: site}))
    found = past(rules, LetterSource({("load", HAM): "C" * 40}), end=T0 + 9 * GRAIN, as_live=as_live)
    assert found.slots == judged


def test_grounds_that_overlap_are_one_decision_and_observed_ones_are_none() -> None:
    rules = rule_set(
        *(replace(each, settle=timedelta(0)) for each in RULES), rule("seen", step=HALF, mode=Mode.OBSERVE)
    )
    source = LetterSource(
        {
            ("load", HAM): "BBBBBCCCCCCCBBBCCCCC",
            ("delay", HAM): "CCBBBBBBCCCCCCCCCCCC",
            ("seen", HAM): "BBBBBBBBBBBBBBBBBBBB",
        }
    )
    found = past(rules, source, end=T0 + 19 * GRAIN)
    assert [breach.rule for breach in found.breaches] == ["load", "seen", "delay", "load"]
    first, second = found.decisions
    assert (first.id, [ground.rule for ground in first.grounds]) == ("ham-01-20261121T1001Z", ["load", "delay"])
    assert first.ended_at == T0 + 9 * GRAIN
    assert (second.opened_at, second.ended_at) == (T0 + 14 * GRAIN, T0 + 16 * GRAIN)


def test_a_breach_that_lasts_has_no_end_and_sites_do_not_mix() -> None:
    rules = rule_set(RULES[0], sites=(HAM, LODZ))
    found = past(rules, LetterSource({("load", HAM): "B" * 9, ("load", LODZ): "B" * 9}), end=T0 + 8 * GRAIN)
    assert [(decision.site, decision.ended_at) for decision in found.decisions] == [(HAM, None), (LODZ, None)]
