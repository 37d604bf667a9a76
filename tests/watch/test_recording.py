"""What a fold brings is written once: grounds, late ones, recoveries, evidence and audit in one transaction."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from stopwatch.core.decision import Act, DecisionState, GroundKind
from stopwatch.core.grid import Grid
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.rule import Links, Mode
from stopwatch.core.state import Condition
from stopwatch.store.schema import progress, rule_states
from tests.watch.letters import GRAIN, HAM, LODZ, MINUTE, ROLLOUT, T0, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
LOAD, DELAY = RuleId("load"), RuleId("delay")
OVERRIDE = {"category": "risk", "until": T0 + timedelta(hours=1)}
ROLL_BACK = {"what": "release", "from_version": "4.12", "to_version": "4.11"}


def at(slot: int) -> datetime:
    return T0 + slot * GRAIN


def two_rules(worlds: Worlds, load: str, delay: str, **more: Any) -> World:  # noqa: ANN401 – fields of a rule
    rules = rule_set(rule("load", step=HALF, **more), rule("delay", step=HALF))
    return worlds.make(rules, {("load", HAM): load.ljust(60, "C"), ("delay", HAM): delay.ljust(60, "C")})


def openings(world: World) -> list[tuple[str, int]]:
    """Rule and opening slot of every ground, in the order of recording."""
    return [
        (ground.name, int((ground.opened_at - T0) / GRAIN))
        for decision in world.decisions()
        for ground in decision.grounds
    ]


# ------------------------------------------------------------------------------------------------------ one transaction


def test_an_opening_holds_decision_ground_evidence_message_and_audit(worlds: Worlds) -> None:
    links = Links(dashboard="https://g.example/d?site={label}&from={from_ms}&decision={decision}")
    world = two_rules(worlds, "CBBBB", "", links=links)
    world.run(T0, at(3), every=HALF)
    (decision,) = world.decisions()
    (ground,) = decision.grounds
    assert (decision.state, decision.scope, decision.site, decision.phase) == (DecisionState.OPEN, HAM, HAM, "pilot")
    assert (ground.kind, ground.opened_at, ground.pending_since) == (GroundKind.RULE, at(3), at(1))
    assert (ground.recorded_at, ground.detected_late) == (at(3), False)
    began = int((at(1) - timedelta(minutes=30)).timestamp() * 1000)
    assert ground.links[0].url == f"https://g.example/d?site=HAM-01&from={began}&decision={decision.id}"
    assert [row.message.kind for row in world.store.rows()] == ["root", "image"]
    assert world.store.rows()[1].message.body == {"ground": ground.id, "evidence": ground.evidence}
    assert world.audited() == [("daemon", "decision.open")]


def test_the_evidence_is_what_was_judged(worlds: Worlds) -> None:
    rules = rule_set(rule("load", step=HALF), sites=(HAM, LODZ))
    world = worlds.make(rules, {("load", HAM): "CMBBBB", ("load", LODZ): "CCCCRC"})
    world.run(T0, at(4), every=HALF)
    (ground,) = world.decisions()[0].grounds
    with world.store.reading() as view:
        body = view.evidence(str(ground.evidence))
    bundle = json.loads(str(body))
    assert bundle["classes"].endswith("CMBBB")
    assert bundle["conditions"][0]["values"][-5:] == [1.0, None, 9.0, 9.0, 9.0]
    assert bundle["verdict"]["outcome"] == "breach"
    assert bundle["controls"] == {"lodz": [1.0, 1.0, 1.0, 4.5]}
    assert bundle["rule"]["conditions"][0]["threshold"] == 5.0
    summary = ground.summary or {}
    assert (summary["value"], summary["samples_used"], summary["held_seconds"]) == (9.0, 3, 60.0)


def test_a_recovery_is_written_with_its_own_evidence_and_changes_no_state(worlds: Worlds) -> None:
    world = two_rules(worlds, "BBBCC", "")
    world.run(T0, at(8), every=HALF)
    (decision,) = world.decisions()
    assert (decision.state, decision.rev) == (DecisionState.OPEN, 1)
    assert decision.grounds[0].recovered_at == at(4)
    assert world.audited() == [("daemon", "decision.open"), ("daemon", "ground.recover")]


def test_folding_the_same_slots_twice_records_nothing_twice(worlds: Worlds) -> None:
    world = two_rules(worlds, "BBBCCCCBBBCC", "CCBBBBBB")
    world.run(T0, at(12), every=HALF)
    before, audited, rows = world.decisions(), world.audited(), world.store.rows()
    with world.store.writing() as tx:
        for table in (rule_states, progress):
            tx.connection.execute(delete(table))
    world.restart()
    world.tick(at(13))
    assert (world.decisions(), world.audited(), world.store.rows()) == (before, audited, rows)


def test_a_rule_that_only_observes_opens_nothing(worlds: Worlds) -> None:
    world = two_rules(worlds, "BBBBB", "", mode=Mode.OBSERVE)
    world.run(T0, at(4), every=HALF)
    assert world.decisions() == []
    assert world.states()[HAM, LOAD].condition is Condition.BREACHED


@pytest.mark.parametrize(
    ("tick", "late"),
    [pytest.param(2, False, id="at once"), pytest.param(5, False, id="three steps"), pytest.param(6, True, id="four")],
)
def test_a_breach_found_long_after_its_slot_is_marked(worlds: Worlds, tick: int, late: bool) -> None:  # noqa: FBT001 – a column of the table
    world = two_rules(worlds, "BBBBBBBB", "")
    world.tick(at(tick))
    (decision,) = world.decisions()
    assert (decision.grounds[0].detected_late, decision.detected_late) == (late, late)


def test_events_of_one_tick_are_recorded_by_instant_and_then_in_file_order(worlds: Worlds) -> None:
    world = two_rules(worlds, "CBBBBCCCCBBB", "BBBBCCCCCBBB")
    world.tick(at(12))
    assert openings(world) == [("delay", 2), ("load", 3), ("load", 11), ("delay", 11)]
    assert world.decisions()[0].id == "ham-01-20261121T1001Z"


def test_sites_have_decisions_of_their_own(worlds: Worlds) -> None:
    rules = rule_set(rule("load", step=HALF), sites=(HAM, LODZ))
    world = worlds.make(rules, {("load", HAM): "BBBB", ("load", LODZ): "BBBB"})
    world.run(T0, at(3), every=HALF)
    assert [decision.site for decision in world.decisions()] == [HAM, LODZ]


# ---------------------------------------------------------------------------------------------------------- re-arming

FINALS = [
    pytest.param([(Act.DISMISS, {"category": "false_alarm"})], id="dismissed"),
    pytest.param([(Act.ROLL_BACK, ROLL_BACK), (Act.CLOSE, {})], id="closed"),
]


@pytest.mark.parametrize("acts", FINALS)
def test_a_final_act_rearms_the_rules_of_its_grounds_and_no_others(
    worlds: Worlds, acts: list[tuple[Act, dict[str, object]]]
) -> None:
    world = two_rules(worlds, "BBBBBBBBBB", "CCCBBBBBBB")
    world.run(T0, at(3), every=HALF)
    end = at(3) + timedelta(seconds=10)
    for act, given in acts:
        world.act(world.decisions()[0].id, act, end, **given)
    world.tick(at(4))
    assert world.states()[HAM, LOAD].armed_at == end
    assert world.states()[HAM, DELAY].armed_at == T0, "pending goes on where it was"
    assert world.states()[HAM, DELAY].pending_since == at(3)
    world.run(at(5), at(9), every=HALF)
    # Armed at slot 4, the lasting breach needs its whole window again; the other rule does not.
    assert openings(world) == [("load", 2), ("delay", 5), ("load", 6)]
    assert [decision.id for decision in world.decisions()] == ["ham-01-20261121T1001Z", "ham-01-20261121T100230Z"]


def test_resuming_and_the_end_of_an_override_rearm_too(worlds: Worlds) -> None:
    world = two_rules(worlds, "BBBCCCCCCCC", "")
    world.run(T0, at(5), every=HALF)
    world.act(world.decisions()[0].id, Act.RESUME, at(5))
    world.tick(at(6))
    assert world.states()[HAM, LOAD].armed_at == at(5)
    other = two_rules(worlds, "BBBCCCCCCCC", "")
    other.run(T0, at(3), every=HALF)
    other.act(other.decisions()[0].id, Act.OVERRIDE, at(3), category="risk", until=at(6))
    other.run(at(4), at(6), every=HALF)
    other.pass_time(at(6))
    other.run(at(7), at(8), every=HALF)
    assert other.states()[HAM, LOAD].armed_at == at(6)


def test_settling_counts_from_the_rearming(worlds: Worlds) -> None:
    world = two_rules(worlds, "CCBBBBBBBBBBBBBBB", "", settle=MINUTE)
    world.run(T0, at(4), every=HALF)
    world.act(world.decisions()[0].id, Act.DISMISS, at(5), category="false_alarm")
    world.run(at(5), at(12), every=HALF)
    assert openings(world) == [("load", 4), ("load", 9)]


@pytest.mark.parametrize("restarted", [False, True], ids=["the same daemon", "a restarted one"])
def test_slots_before_an_act_are_folded_under_the_old_activation(worlds: Worlds, restarted: bool) -> None:  # noqa: FBT001 – a column of the table
    world = two_rules(worlds, "BBBBBBBBBBBB", "CBBBBBBBBBBB")
    world.source.failing = {"delay"}
    world.run(T0, at(4), every=HALF)
    assert openings(world) == [("load", 2)]
    world.act(world.decisions()[0].id, Act.DISMISS, at(4) + timedelta(seconds=5), category="data_fault")
    if restarted:
        world.restart()
    world.source.failing = set()
    world.tick(at(5))
    (only,) = world.decisions()
    assert openings(world) == [("load", 2), ("delay", 3)], "found late, it belongs to the decision that had ended"
    assert (only.state, only.rev) == (DecisionState.DISMISSED, 2)
    assert {world.states()[HAM, name].armed_at for name in (LOAD, DELAY)} == {at(4) + timedelta(seconds=5)}
    if restarted:
        world.restart()
    world.run(at(6), at(11), every=HALF)
    assert openings(world)[2:] == [("load", 7), ("delay", 7)]
    assert len(world.decisions()) == 2


def test_a_late_ground_joins_the_decision_that_had_ended_even_beside_a_live_one(worlds: Worlds) -> None:
    world = two_rules(worlds, "BBB", "CBBBBCCCCCCC")
    world.source.failing = {"delay"}
    world.run(T0, at(4), every=HALF)
    world.act(world.decisions()[0].id, Act.DISMISS, at(5), category="data_fault")
    world.stop(at(6), site=HAM)
    world.source.failing = set()
    world.tick(at(8))
    ended, live = world.decisions()
    assert [ground.name for ground in ended.grounds] == ["load", "delay"]
    assert [ground.name for ground in live.grounds] == ["sev1"]


def test_a_decision_that_ended_twice_over_splits_a_catch_up_twice(worlds: Worlds) -> None:
    world = two_rules(worlds, "B" * 20, "")
    world.run(T0, at(2), every=HALF)
    world.act(world.decisions()[0].id, Act.DISMISS, at(3), category="data_fault")
    world.run(at(3), at(5), every=HALF)
    world.source.failing = {"load"}
    world.act(world.decisions()[1].id, Act.DISMISS, at(8), category="data_fault")
    world.run(at(6), at(8), every=HALF)
    world.source.failing = set()
    world.tick(at(14))
    assert openings(world) == [("load", 2), ("load", 5), ("load", 10)]
    assert [decision.state for decision in world.decisions()] == ["dismissed", "dismissed", "open"]


# ------------------------------------------------------------------------------------------------------------- names


def test_a_ground_is_unique_for_ever(worlds: Worlds) -> None:
    world = two_rules(worlds, "BBBBBB", "")
    world.run(T0, at(3), every=HALF)
    with world.store.reading() as view:
        known = view.ground(ROLLOUT, HAM, LOAD, at(2))
        nobody = view.ground(ROLLOUT, SiteId("lodz"), LOAD, at(2))
    assert known is not None
    assert (known[0], known[1].id, nobody) == (world.decisions()[0].id, "load@20261121T1001Z", None)


def test_an_id_that_is_taken_gets_a_number(worlds: Worlds) -> None:
    world = two_rules(worlds, "CBBB", "")
    manual, _ = world.stop(at(3), site=HAM)
    world.act(manual.id, Act.DISMISS, at(3), category="false_alarm")
    world.run(T0, at(3), every=HALF)
    assert Grid(HALF).at_or_after(at(3)) == Grid(HALF).at_or_before(at(3))
    ids = [decision.id for decision in world.decisions()]
    assert ids == ["ham-01-20261121T100130Z", "ham-01-20261121T100130Z-2"]
