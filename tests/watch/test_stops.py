"""Manual stops join what is live or open their own; the gates they and others close."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from stopwatch.core.decision import Act, Decision, DecisionState
from stopwatch.core.errors import ActIllegalError, ActIncompleteError
from stopwatch.core.gate import site_gate
from stopwatch.core.kpi import SiteId
from tests.watch.letters import GRAIN, HAM, LODZ, LYON, MINUTE, PILOT, ROLLOUT, T0, WAVE, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
HOUR = timedelta(hours=1)
NOW = T0 + 3 * GRAIN
OVERRIDE = {"category": "accepted-risk", "until": NOW + HOUR}
ROLL_BACK = {"what": "release", "from_version": "4.12", "to_version": "4.11"}


@pytest.fixture
def world(worlds: Worlds) -> World:
    """A site whose load breached at the third slot and lasts, and two quiet sites."""
    rules = rule_set(rule("load", step=HALF), rule("delay", step=HALF), sites=(HAM, LODZ, LYON))
    series = {(query, site): "C" * 60 for query in ("load", "delay") for site in (HAM, LODZ, LYON)}
    made = worlds.make(rules, series | {("load", HAM): "BBBBBB" + "C" * 50, ("delay", HAM): "CCCCC" + "B" * 50})
    made.run(T0, NOW, every=HALF)
    return made


def opened(world: World) -> Decision:
    return world.decisions()[0]


def gate(world: World, site: SiteId) -> list[str]:
    with world.store.reading() as view:
        found = site_gate(world.rules.plan, site, view.decisions(ROLLOUT, live=True))
    return [str(reason.decision) for reason in found.reasons]


def test_a_manual_stop_joins_the_live_decision_of_its_site(world: World) -> None:
    after, new = world.stop(NOW, "operational-blocker", site=HAM)
    assert (after.id, new, after.rev, len(after.grounds)) == (opened(world).id, False, 1, 2)
    assert after.grounds[-1].id == "operational-blocker@20261121T100130Z"
    twice, _ = world.stop(NOW, "operational-blocker", site=HAM)
    assert twice.grounds[-1].id == "operational-blocker@20261121T100130Z-2"


def test_a_rules_ground_joins_the_manual_decision_of_its_site(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): "CBBBB"})
    first, new = world.stop(T0, site=HAM)
    world.run(T0, T0 + 3 * GRAIN, every=HALF)
    (only,) = world.decisions()
    assert (only.id, new) == (first.id, True)
    assert [ground.name for ground in only.grounds] == ["sev1", "load"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        pytest.param({"site": SiteId("nowhere")}, "site", id="a site the plan does not have"),
        pytest.param({"phase": "wave-9"}, "phase", id="a phase the plan does not have"),
        pytest.param({"reason": ""}, "reason", id="no reason"),
        pytest.param({"criterion": " "}, "criterion", id="no criterion"),
        pytest.param({"criterion": "sev1\nall is well"}, "criterion", id="a criterion of two lines"),
        pytest.param({"criterion": "s" * 101}, "criterion", id="a criterion longer than anybody reads"),
    ],
)
def test_an_incomplete_stop_names_the_field(world: World, given: dict[str, Any], field: str) -> None:
    with pytest.raises(ActIncompleteError) as refused:
        world.stop(NOW, **given)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("fingerprints", "state"),
    [
        pytest.param((None, None), DecisionState.OPEN, id="declared anew by a person"),
        pytest.param(("a1", "b2"), DecisionState.OPEN, id="another alert"),
        pytest.param(("a1", "a1"), DecisionState.OVERRIDDEN, id="the same alert again"),
    ],
)
def test_an_override_of_a_manual_stop_covers_no_further_stop_by_the_same_criterion(
    worlds: Worlds, fingerprints: tuple[str | None, str | None], state: DecisionState
) -> None:
    world = worlds.make(rule_set(rule("load")), {})
    first, _ = world.stop(NOW, "sev1", site=HAM, fingerprint=fingerprints[0])
    world.act(first.id, Act.RESOLVE, NOW, ground=first.grounds[0].id)
    world.act(first.id, Act.OVERRIDE, NOW, **OVERRIDE)
    again, new = world.stop(NOW + GRAIN, "sev1", site=HAM, fingerprint=fingerprints[1])
    assert (new, again.id, again.state) == (False, first.id, state)


def test_a_pause_closes_its_own_gate_and_those_of_later_phases(world: World) -> None:
    assert gate(world, HAM) == gate(world, LODZ) == [opened(world).id]
    world.act(opened(world).id, Act.OVERRIDE, NOW, **OVERRIDE)
    assert gate(world, HAM) == []
    assert gate(world, LODZ) == [opened(world).id], "an earlier phase is marked, though not paused"
    world.act(opened(world).id, Act.DISMISS, NOW, category="false_alarm")
    assert gate(world, LODZ) == []


def test_a_gate_names_instants_to_the_second(world: World) -> None:
    stopped, _ = world.stop(NOW + timedelta(microseconds=123_456), site=LODZ)
    with world.store.reading() as view:
        found = site_gate(world.rules.plan, LODZ, view.decisions(ROLLOUT, live=True))
    (text,) = [reason.text for reason in found.reasons if reason.decision == stopped.id]
    assert "lodz is paused since 2026-11-21T10:01:30Z: sev1;" in text


def test_a_pause_in_a_later_phase_closes_no_other_gate(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load"), sites=(HAM, LODZ, LYON)), {})
    stopped, _ = world.stop(T0, site=LODZ)
    assert (gate(world, HAM), gate(world, LODZ), gate(world, LYON)) == ([], [stopped.id], [])


def test_wide_stops_close_the_gates_they_cover(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load"), sites=(HAM, LODZ)), {})
    phase, _ = world.stop(T0, phase=WAVE)
    assert (phase.id, phase.scope, phase.site) == ("_wave-1-20261121T1000Z", "_wave-1", None)
    assert (gate(world, HAM), gate(world, LODZ)) == ([], [phase.id])
    everything, _ = world.stop(T0)
    assert everything.id == "_all-20261121T1000Z"
    assert gate(world, HAM) == [everything.id]
    joined, new = world.stop(T0 + MINUTE)
    assert (joined.id, new) == (everything.id, False)
    pilot, _ = world.stop(T0, phase=PILOT)
    assert gate(world, LODZ) == [phase.id, everything.id, pilot.id] or set(gate(world, LODZ)) == {
        phase.id,
        everything.id,
        pilot.id,
    }
    for each in (phase, everything, pilot):
        with world.store.reading() as view:
            grounds = view.decision(each.id)
        assert grounds is not None
        for ground in grounds.grounds:
            world.act(each.id, Act.RESOLVE, T0 + MINUTE, ground=ground.id)
        world.act(each.id, Act.RESUME, T0 + 2 * MINUTE)
    assert (gate(world, HAM), gate(world, LODZ)) == ([], [])


def test_the_same_instant_after_the_end_gets_a_number(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load")), {})
    moment = T0 + MINUTE
    ids = []
    for _ in range(3):
        decision, _new = world.stop(moment, site=HAM)
        ids.append(decision.id)
        world.act(decision.id, Act.DISMISS, moment, category="false_alarm")
    assert ids == ["ham-01-20261121T1001Z", "ham-01-20261121T1001Z-2", "ham-01-20261121T1001Z-3"]


def test_only_what_nobody_watches_can_be_resolved(world: World) -> None:
    def resolve(ground: str, at: datetime) -> Decision:
        return world.act(opened(world).id, Act.RESOLVE, at, ground=ground)

    world.stop(NOW, site=HAM)
    with pytest.raises(ActIllegalError, match="still watches the site"):
        resolve("load@20261121T1001Z", NOW)
    assert resolve("sev1@20261121T100130Z", NOW).rev == 1
    with pytest.raises(ActIllegalError, match="already resolved"):
        resolve("sev1@20261121T100130Z", NOW)
