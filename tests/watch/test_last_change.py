"""What was changed last at a site is frozen with its ground: a go-live, a roll-back, or what the plan rolls out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from stopwatch.core.change import ChangeRecord
from stopwatch.core.decision import Act, Link
from stopwatch.core.evidence import verify_body
from stopwatch.core.records import Activation
from stopwatch.core.rollout import RuleSet
from stopwatch.watch.evaluation.last_change import last_change
from stopwatch.watch.rollout.entry import GoLive, activate
from tests.watch.letters import GRAIN, HAM, LODZ, MINUTE, PILOT, ROLLOUT, T0, WAVE, rule, rule_set
from tests.watch.test_evidence import bundles, read
from tests.watch.world import World, Worlds

PLANNED = Activation(ROLLOUT, HAM, T0, "plan:0", T0)
LATER = T0 + 30 * MINUTE


def changed(rules: RuleSet) -> RuleSet:
    """The same with a change record."""
    written = {"what": "WMS 4.12", "version": "4.12.0", "ticket": "https://tickets.example/CHG-7"}
    record = ChangeRecord(what="WMS 4.12", version="4.12.0", initiator="Ida", written=written)
    return replace(rules, plan=replace(rules.plan, change=record))


@pytest.fixture
def world(worlds: Worlds) -> World:
    made = worlds.make(changed(rule_set(rule("load", step=GRAIN), sites=(HAM, LODZ))), {("load", HAM): "CCBBBCCCC"})
    made.run(T0, T0 + 4 * GRAIN, every=GRAIN)
    return made


def seen(world: World, at: datetime, activation: Activation | None = PLANNED) -> dict[str, object]:
    with world.store.reading() as view:
        return last_change(view, world.rules.plan, HAM, PILOT, activation, at=at)


def go_live(world: World, at: datetime) -> None:
    asked = GoLive(
        HAM, "cli:ida", version="4.12.1", at=at, override=True, reason="agreed", link="https://tickets.example/9"
    )
    activate(world.desk, asked, transport="cli", now=at)


def roll_back(world: World, at: datetime, **more: object) -> None:
    world.act(
        world.decisions()[-1].id,
        Act.ROLL_BACK,
        at,
        reason="orders stand still",
        what="release",
        from_version="4.12.1",
        to_version="4.11.9",
        **more,
    )


def test_nothing_recorded_leaves_what_the_plan_says(world: World) -> None:
    assert seen(world, T0, activation=None) == {
        "kind": "plan",
        "what": "WMS 4.12",
        "version": "4.12.0",
        "actor": "Ida",
        "ticket": "https://tickets.example/CHG-7",
    }


def test_a_go_live_by_the_plan_has_the_plan_s_version_and_ticket(world: World) -> None:
    assert seen(world, LATER) == {
        "kind": "activation",
        "at": "2026-11-21T10:00:00Z",
        "version": "4.12.0",
        "actor": "plan:0",
        "ticket": "https://tickets.example/CHG-7",
    }


def test_a_go_live_that_somebody_recorded_brings_version_actor_and_ticket(world: World) -> None:
    go_live(world, T0 + MINUTE)
    with world.store.reading() as view:
        activation = view.activations(ROLLOUT)[HAM]
    assert seen(world, LATER, activation) == {
        "kind": "activation",
        "at": "2026-11-21T10:01:00Z",
        "version": "4.12.1",
        "actor": "cli:ida",
        "reason": "agreed",
        "ticket": "https://tickets.example/9",
    }


def test_a_roll_back_is_a_change_too(world: World) -> None:
    go_live(world, T0 + MINUTE)
    roll_back(world, T0 + 5 * MINUTE, links=(Link("ticket", "https://tickets.example/10"),))
    change = seen(world, LATER)
    assert change == {
        "kind": "roll-back",
        "at": "2026-11-21T10:05:00Z",
        "what": "release",
        "version": "4.11.9",
        "previous_version": "4.12.1",
        "actor": "cli:eva",
        "reason": "orders stand still",
        "ticket": "https://tickets.example/10",
        "decision": "ham-01-20261121T1002Z",
    }
    assert seen(world, T0 + 2 * MINUTE)["kind"] == "activation", "what came later is not what changed before"


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        pytest.param({}, "roll-back", id="everywhere"),
        pytest.param({"phase": PILOT}, "roll-back", id="in its phase"),
        pytest.param({"phase": WAVE}, "activation", id="in another phase"),
        pytest.param({"site": LODZ}, "activation", id="at another site"),
    ],
)
def test_a_roll_back_counts_where_it_was_made(worlds: Worlds, where: dict[str, Any], kind: str) -> None:
    world = worlds.make(changed(rule_set(rule("load"), sites=(HAM, LODZ))), {})
    world.stop(T0 + MINUTE, **where)
    roll_back(world, T0 + 2 * MINUTE)
    assert seen(world, LATER)["kind"] == kind


def test_the_bundle_of_a_ground_holds_it_and_proves_itself(worlds: Worlds) -> None:
    rules = changed(rule_set(rule("load", step=GRAIN)))
    world = worlds.make(rules, {("load", HAM): "CCBBB"})
    world.run(T0, T0 + 4 * GRAIN, every=GRAIN)
    (bundle,) = read(world)
    assert (bundle["last_change"]["kind"], bundle["last_change"]["version"]) == ("activation", "4.12.0")
    assert [verify_body(*stored) for stored in bundles(world)] == [[]]
