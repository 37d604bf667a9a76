"""Roll-backs verified in the watch: by slots of the source, the same whenever they were read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stopwatch.core.audit import content_hash
from stopwatch.core.decision import Act, Decision, DecisionState
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.core.outbox import MessageKind
from stopwatch.core.phase import RollbackPlan
from stopwatch.core.rollout import RuleSet
from stopwatch.watch.rollout.rollback import RollbackWatch
from stopwatch.watch.rollout.verifying import evaluate
from tests.watch.letters import HAM, MINUTE, ROLLOUT, T0, rule, rule_set
from tests.watch.world import World, Worlds

BACK = T0 + 6 * MINUTE
PLAN = RollbackPlan(within=20 * MINUTE, hold=5 * MINUTE)
VERSIONS = {"what": "release", "from_version": "4.12", "to_version": "4.11", "reason": "5xx"}


def rules() -> RuleSet:
    """Two rules over two required KPIs: above 5 in three slots in a row; inside the band is up to 1.2."""
    made = rule_set(rule("load"), rule("delay"))
    return replace(made, plan=replace(made.plan, rollback=PLAN))


def minutes(letters: str) -> str:
    return "".join(letter * 2 for letter in letters)


def freeze(world: World, at: datetime = T0, **medians: float) -> None:
    kpis = {name: {"median": median, "p90": 2.0} for name, median in (medians or {"load": 1.0, "delay": 1.0}).items()}
    with world.store.writing() as tx:
        tx.record(entry(ROLLOUT, EntryKind.BASELINE, HAM, body={"kpis": kpis}, actor="cli:ida", at=at))


class Played:
    """A world whose pause was rolled back at minute 6; letters of the minutes since are given."""

    def __init__(self, worlds: Worlds, load: str, delay: str = "", *, baseline: bool = True) -> None:
        length = max(len(load), len(delay))
        series = {
            ("load", HAM): minutes("CCBBBBB" + load.ljust(length, "C") + "C" * 30),
            ("delay", HAM): minutes("CCCCCCC" + delay.ljust(length, "C") + "C" * 30),
        }
        self.world = worlds.make(rules(), series)
        self.rollbacks = RollbackWatch()
        if baseline:
            freeze(self.world)
        self.run(range(7))
        (decision,) = self.world.decisions()
        self.world.act(decision.id, Act.ROLL_BACK, BACK, **VERSIONS)

    def run(self, ticks: Sequence[int]) -> None:
        """Evaluate at these minutes, and let time pass."""
        world = self.world
        for tick in ticks:
            now = T0 + tick * MINUTE
            world.source.now = now
            evaluate(world.desk, self.rollbacks, world.watch, {world.source.name: world.source}, now)
            world.pass_time(now)

    def restart(self) -> None:
        self.world.restart()
        self.rollbacks = RollbackWatch()

    @property
    def decision(self) -> Decision:
        return self.world.decisions()[0]

    def outcome(self) -> list[tuple[object, ...]]:
        """Everything of all decisions that must not depend on when slots were read."""
        return [
            (
                one.id,
                one.state,
                one.ended_at,
                [(ground.id, ground.opened_at, ground.recovered_at) for ground in one.grounds],
                [(acted.act, acted.actor, acted.at, acted.reason) for acted in one.acts],
            )
            for one in self.world.decisions()
        ]


def test_kpis_that_are_back_for_long_enough_verify_it_at_the_slot(worlds: Worlds) -> None:
    played = Played(worlds, "BB" + "C" * 20)
    played.run(range(7, 20))
    done = played.decision
    assert done.state is DecisionState.VERIFIED
    assert done.ended_at == T0 + 14 * MINUTE, "inside from minute 9 on, for five minutes"
    acted = done.acts[-1]
    assert (acted.act, acted.actor, acted.at) == ("rollback-verified", "daemon", done.ended_at)
    assert acted.reason == "every required KPI was inside the band from 2026-11-21 10:09 to 2026-11-21 10:14 UTC"


@pytest.mark.parametrize(
    ("letters", "act"),
    [
        pytest.param("BB" + "C" * 20, "rollback-verified", id="verified"),
        pytest.param("C" * 4 + "R" * 30, "rollback-flagged", id="flagged"),
    ],
)
def test_either_end_is_told_in_the_thread_and_on_the_card(worlds: Worlds, letters: str, act: str) -> None:
    played = Played(worlds, letters)
    played.run(range(7, 30))
    with played.world.store.reading() as view:
        told = [row.message.body["act"] for row in view.every(MessageKind.ACT)]
        (card,) = view.every(MessageKind.ROOT)
    assert told[-1] == act
    assert card.delivered < card.desired


def test_kpis_that_do_not_come_back_flag_it_when_the_time_is_over(worlds: Worlds) -> None:
    played = Played(worlds, "C" * 4 + "R" * 30)
    played.run(range(7, 30))
    flagged = played.decision
    assert flagged.state is DecisionState.FLAGGED
    assert flagged.acts[-1].at == BACK + 20 * MINUTE
    assert flagged.paused


def test_whoever_must_look_at_a_flagged_site_is_told_which_kpis_were_outside_and_for_how_long(worlds: Worlds) -> None:
    played = Played(worlds, "B" * 8 + "C" * 30, "C" * 10 + "M" * 2 + "CCCBCC" + "C" * 20)
    played.run(range(7, 30))
    reason = str(played.decision.acts[-1].reason)
    assert reason.startswith("the KPIs were not inside the band for 5 min by 2026-11-21 10:26 UTC"), reason
    assert reason.endswith(
        "; Load at ham-01 outside in 9 of 21 slots; Delay at ham-01 outside in 1, not seen in 2 of 21 slots"
    )


def test_the_evidence_of_a_verdict_holds_every_value_and_is_named_by_act_and_audit(worlds: Worlds) -> None:
    played = Played(worlds, "BM" + "C" * 20)
    played.run(range(7, 20))
    acted = played.decision.acts[-1]
    with played.world.store.reading() as view:
        stored = view.evidence(str(acted.details["evidence"]))
        audited = [row.body for row in view.audit_of(played.decision.id)][-1]
    assert stored is not None
    told = json.loads(stored)
    assert content_hash(told) == acted.details["evidence"] == audited["evidence"]
    assert told["classes"].startswith("OOMIIIIII")
    assert (told["outcome"], told["at"], told["inside_since"]) == (
        "verified",
        "2026-11-21T10:14:00Z",
        "2026-11-21T10:09:00Z",
    )
    load = told["conditions"][0]
    assert (load["kpi"], load["median"], load["limit"], load["baseline"]) == ("load", 1.0, 1.2, 1)
    assert load["values"][:4] == [9.0, 9.0, None, 1.0]
    assert played.world.store.verify_audit() is None


def test_without_a_baseline_it_is_flagged_at_once(worlds: Worlds) -> None:
    played = Played(worlds, "C" * 20, baseline=False)
    played.run([7])
    assert played.decision.state is DecisionState.FLAGGED
    assert played.decision.acts[-1].reason == "no baseline is frozen for this site, so recovery cannot be verified"


def test_a_baseline_that_is_frozen_afterwards_moves_no_goal(worlds: Worlds) -> None:
    played = Played(worlds, "R" * 30)
    freeze(played.world, T0 + 8 * MINUTE, load=9.0, delay=9.0)
    played.run(range(7, 30))
    assert played.decision.state is DecisionState.FLAGGED


def test_a_baseline_that_lacks_a_required_kpi_verifies_nothing(worlds: Worlds) -> None:
    played = Played(worlds, "C" * 20, baseline=False)
    freeze(played.world, T0, load=1.0)
    played.run([7])
    said = "the baseline of ham-01 does not hold delay, so recovery cannot be verified"
    assert played.decision.acts[-1].reason == said


def test_a_ground_of_another_rule_flags_it_at_its_opening(worlds: Worlds) -> None:
    played = Played(worlds, "C" * 20, "CBBBC")
    played.run(range(7, 13))
    flagged = played.decision
    assert flagged.state is DecisionState.FLAGGED
    assert (flagged.acts[-1].at, flagged.acts[-1].reason) == (
        T0 + 10 * MINUTE,
        "a new ground opened: delay@20261121T1010Z",
    )


def test_the_same_rule_again_does_not_flag_it_before_the_time_is_over(worlds: Worlds) -> None:
    played = Played(worlds, "CCCBBBCCCCCCC" + "C" * 10)
    played.run(range(7, 20))
    assert [ground.name for ground in played.decision.grounds] == ["load", "load"]
    assert played.decision.state is DecisionState.VERIFIED
    assert played.decision.ended_at == T0 + 18 * MINUTE


def test_a_person_who_declares_another_stop_flags_it(worlds: Worlds) -> None:
    played = Played(worlds, "C" * 30)
    played.run([7, 8])
    at = T0 + 8 * MINUTE + timedelta(seconds=30)
    played.world.stop(at, site=HAM)
    played.run([9])
    assert (played.decision.state, played.decision.acts[-1].at) == (DecisionState.FLAGGED, at)


@pytest.mark.parametrize(
    ("failing", "ended"),
    [
        pytest.param({"load", "delay"}, 14, id="nothing was folded since: it ends at the slot"),
        pytest.param({"load"}, 39, id="another rule was folded far beyond: it cannot end long before that"),
    ],
)
def test_a_source_that_fails_decides_nothing_and_is_caught_up(worlds: Worlds, failing: set[str], ended: int) -> None:
    played = Played(worlds, "BB" + "C" * 40)
    played.world.source.failing = failing
    played.run(range(7, 40))
    assert played.decision.state is DecisionState.ROLLED_BACK
    assert played.rollbacks.failures == [f"{played.decision.id}: nobody answers"]
    played.world.source.failing = set()
    played.run([40])
    assert (played.decision.state, played.decision.ended_at) == (DecisionState.VERIFIED, T0 + ended * MINUTE)


def test_a_ground_that_opened_while_another_query_failed_keeps_it_from_being_verified(worlds: Worlds) -> None:
    played = Played(worlds, "C" * 40, "C" * 20 + "B" * 20)
    played.world.source.failing = {"load"}
    played.run(range(7, 31))
    played.world.source.failing = set()
    played.run([31])
    assert played.decision.state is DecisionState.FLAGGED
    assert played.decision.acts[-1].reason == "delay@20261121T1029Z opened before it could be verified"


def test_the_clock_is_kept_for_the_card_while_it_runs(worlds: Worlds) -> None:
    played = Played(worlds, "BB" + "C" * 20)
    played.run(range(7, 12))
    clock = played.decision.clock
    assert clock is not None
    assert (clock.words, clock.until) == ("inside the band for 2 of 5 min", BACK + 20 * MINUTE)
    assert played.decision.rev == 2, "nothing of it is a change of state"


def test_a_second_roll_back_has_a_clock_of_its_own(worlds: Worlds) -> None:
    played = Played(worlds, "R" * 21 + "C" * 20)
    played.run(range(7, 28))
    assert played.decision.state is DecisionState.FLAGGED
    played.world.act(played.decision.id, Act.ROLL_BACK, T0 + 28 * MINUTE, **VERSIONS)
    played.run(range(29, 36))
    assert (played.decision.state, played.decision.ended_at) == (DecisionState.VERIFIED, T0 + 33 * MINUTE)


def test_rules_watch_anew_from_the_slot_of_the_verdict_on(worlds: Worlds) -> None:
    played = Played(worlds, "C" * 8 + "BBB" + "C" * 10)
    played.run(range(7, 25))
    first, second = played.world.decisions()
    assert first.ended_at == T0 + 12 * MINUTE
    assert second.grounds[0].opened_at == T0 + 17 * MINUTE


@pytest.mark.slow
@pytest.mark.parametrize("restart", [False, True], ids=["asleep", "dead"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    load=st.text("CCCCBRM", min_size=0, max_size=24),
    delay=st.text("CCCCCBM", min_size=0, max_size=24),
    ticks=st.sets(st.integers(7, 34), max_size=8),
)
def test_the_outcome_is_the_same_however_the_slots_were_read(
    worlds: Worlds, *, restart: bool, load: str, delay: str, ticks: set[int]
) -> None:
    awake, late = Played(worlds, load, delay), Played(worlds, load, delay)
    awake.run(range(7, 36))
    stops = [*sorted(ticks), 35]
    for tick in stops:
        if restart:
            late.restart()
        late.run([tick])
    assert late.outcome() == awake.outcome()
