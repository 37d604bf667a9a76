"""A drill takes the real path to people, pauses nothing, changes no gate, and leaves a record for readiness."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from stopwatch.core.decision import Act, Decision, DecisionState
from stopwatch.core.errors import ActIllegalError, ActIncompleteError
from stopwatch.core.gate import site_gate
from stopwatch.core.kpi import SiteId
from stopwatch.core.ledger import EntryKind
from stopwatch.core.outbox import MessageKind, OutboxState
from stopwatch.watch.escalating import Louder, Reach, escalate
from stopwatch.watch.recorded import recorded_status
from stopwatch.watch.rollout.drills import drill
from tests.watch.letters import CHANNEL, GRAIN, HAM, LODZ, MINUTE, ROLLOUT, T0, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
NOTIFIER = "webhook"
REACH = Reach(slack=True, notifiers=(NOTIFIER,))


@pytest.fixture
def world(worlds: Worlds) -> World:
    rules = rule_set(rule("load", step=HALF), sites=(HAM, LODZ))
    return worlds.make(rules, {("load", HAM): "CCBBBBCCCCCCCC", ("load", LODZ): "C" * 20})


def begun(world: World, now: datetime = T0) -> Decision:
    return drill(world.desk, HAM, actor="cli:bo", transport="cli", now=now)[0]


def louder(world: World, now: datetime) -> Louder:
    return escalate(world.store, world.rules.plan, REACH, now=now)


def delivered(world: World, now: datetime, *kinds: MessageKind) -> None:
    """Let every waiting message of these kinds arrive."""
    for row in world.store.rows():
        if row.message.kind in kinds and row.state is OutboxState.PENDING:
            world.store.claim(row.message.key, now)
            world.store.settle(row.message.key, OutboxState.SENT, due_at=now, sent=("1.1", CHANNEL, now))


def outcomes(world: World) -> list[tuple[bool, str, str | None]]:
    with world.store.reading() as view:
        entries = view.entries(ROLLOUT, kind=EntryKind.DRILL, scope=HAM)
    return [(bool(one.body["ok"]), str(one.body["detail"]), one.body["answered_by"]) for one in entries]  # type: ignore[misc] # JSON


def test_a_drill_pauses_nothing_and_changes_no_gate(world: World) -> None:
    decision = begun(world)
    assert (decision.drill, decision.paused, decision.state.live) == (True, False, True)
    with world.store.reading() as view:
        status = recorded_status(view, world.rules, T0)
        live = view.decisions(ROLLOUT, live=True)
        counts = view.opened_counts(ROLLOUT)
    assert [(site.paused, site.decision, site.unacknowledged_since) for site in status.sites] == [
        (False, None, None)
    ] * 2
    assert [site_gate(world.rules.plan, site, live).open for site in (HAM, LODZ)] == [True, True]
    assert [counts.get(site) for site in (HAM, LODZ)] == [None, None]


def test_the_card_and_the_second_notifier_go_out_at_once_and_only_once(world: World) -> None:
    decision = begun(world)
    told = louder(world, T0)
    assert [(message.kind, message.notifier, message.body["cause"]) for message in told.told] == [
        (MessageKind.ESCALATION, NOTIFIER, "drill")
    ]
    assert louder(world, T0 + MINUTE) == Louder()
    with world.store.reading() as view:
        kinds = [row.message.kind for row in view.messages(decision.id)]
    assert kinds == [MessageKind.ROOT, MessageKind.ESCALATION]


def test_a_drill_that_was_answered_and_delivered_ends_by_itself_and_is_passed(world: World) -> None:
    decision = begun(world)
    louder(world, T0)
    delivered(world, T0 + HALF, MessageKind.ROOT, MessageKind.ESCALATION)
    assert world.pass_time(T0 + HALF) == []
    world.act(decision.id, Act.ACKNOWLEDGE, T0 + MINUTE)
    (ended,) = world.pass_time(T0 + 2 * MINUTE)
    assert (ended.id, ended.state) == (decision.id, DecisionState.CLOSED)
    with world.store.reading() as view:
        (entry,) = view.entries(ROLLOUT, kind=EntryKind.DRILL)
    assert (entry.scope, entry.item, entry.actor) == (HAM, decision.id, "cli:eva")
    assert entry.body == {
        "ok": True,
        "detail": "answered",
        "decision": decision.id,
        "opened_at": "2026-11-21T10:00:00Z",
        "answered_by": "cli:eva",
        "answered_at": "2026-11-21T10:01:00Z",
        "card_at": "2026-11-21T10:00:30Z",
        "notifiers": {NOTIFIER: "2026-11-21T10:00:30Z"},
        "ended_at": "2026-11-21T10:02:00Z",
    }
    assert world.pass_time(T0 + 3 * MINUTE) == []
    assert [act for _actor, act in world.audited()][-2:] == ["drill-ended", "rollout.drill"]


@pytest.mark.parametrize(
    ("kinds", "answered", "detail"),
    [
        pytest.param((MessageKind.ROOT, MessageKind.ESCALATION), False, "nobody answered", id="nobody answered"),
        pytest.param((MessageKind.ESCALATION,), True, "the card was not delivered to Slack", id="Slack was down"),
        pytest.param((MessageKind.ROOT,), True, "no second notifier was called", id="no second notifier"),
    ],
)
def test_a_drill_that_did_not_reach_everybody_fails_when_its_time_is_up(
    world: World, kinds: tuple[MessageKind, ...], *, answered: bool, detail: str
) -> None:
    decision = begun(world)
    louder(world, T0)
    delivered(world, T0 + HALF, *kinds)
    if answered:
        world.act(decision.id, Act.ACKNOWLEDGE, T0 + MINUTE)
    assert world.pass_time(T0 + 30 * MINUTE - HALF) == []
    world.pass_time(T0 + 30 * MINUTE)
    assert outcomes(world) == [(False, detail, "cli:eva" if answered else None)]


def test_whoever_closes_a_drill_ends_it_without_having_answered(world: World) -> None:
    decision = begun(world)
    world.act(decision.id, Act.CLOSE, T0 + MINUTE)
    found = outcomes(world)
    assert [(ok, by) for ok, _detail, by in found] == [(False, None)]
    assert "nobody answered" in found[0][1]


@pytest.mark.parametrize("act", [Act.OVERRIDE, Act.RESUME, Act.ROLL_BACK, Act.DISMISS, Act.RESOLVE])
def test_a_drill_is_answered_or_closed_and_nothing_else(world: World, act: Act) -> None:
    decision = begun(world)
    more: dict[str, object] = {
        "category": "false_alarm",
        "until": T0 + MINUTE,
        "what": "release",
        "from_version": "1",
        "to_version": "2",
        "ground": decision.grounds[0].id,
    }
    with pytest.raises(ActIllegalError, match="this is a drill; acknowledge it, or close it"):
        world.act(decision.id, act, T0, **more)


def test_a_second_drill_joins_the_one_under_way_and_a_later_one_is_new(world: World) -> None:
    first = begun(world)
    assert drill(world.desk, HAM, actor="cli:ida", transport="cli", now=T0 + MINUTE) == (first, False)
    world.act(first.id, Act.CLOSE, T0 + MINUTE)
    again, new = drill(world.desk, HAM, actor="cli:ida", transport="cli", now=T0)
    assert (again.id, new) == (f"{first.id}-2", True)
    with pytest.raises(ActIncompleteError, match="the plan has no site nowhere"):
        drill(world.desk, SiteId("nowhere"), actor="cli:ida", transport="cli", now=T0)


def test_a_real_breach_during_a_drill_opens_its_own_decision_and_pauses(world: World) -> None:
    tried = begun(world)
    world.run(T0, T0 + 3 * GRAIN, every=HALF)
    world.act(tried.id, Act.CLOSE, T0 + 4 * GRAIN - HALF / 2)
    world.run(T0 + 4 * GRAIN, T0 + 6 * GRAIN, every=HALF)
    (real,) = [decision for decision in world.decisions() if not decision.drill]
    assert (real.scope, real.paused, real.opened_at) == (HAM, True, T0 + 4 * GRAIN)
    assert len(next(decision for decision in world.decisions() if decision.drill).grounds) == 1


def test_a_breach_found_after_a_drill_ended_is_not_its_ground(world: World) -> None:
    tried = begun(world)
    world.act(tried.id, Act.CLOSE, T0 + 5 * GRAIN)
    world.run(T0 + 6 * GRAIN, T0 + 6 * GRAIN)
    assert [decision.drill for decision in world.decisions()].count(False) == 1


def test_a_stop_that_would_look_like_a_drill_is_refused(world: World) -> None:
    with pytest.raises(ActIncompleteError, match="stopwatch drill SITE begins a drill"):
        world.stop(T0, "Drill", site=HAM)
    assert world.decisions() == []
