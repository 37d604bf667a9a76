"""Go-lives pass their entry gate or an override that stays visible; a further go-live begins every window anew."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stopwatch.core.change import ChangeRecord
from stopwatch.core.decision import Act
from stopwatch.core.errors import ActIncompleteError, EntryClosedError
from stopwatch.core.kpi import PhaseId
from stopwatch.core.ledger import EntryKind
from stopwatch.core.phase import AutomaticItem, Phase, ReadinessItem
from stopwatch.core.records import Activation
from stopwatch.core.rollout import Plan, RuleSet
from stopwatch.watch.rollout import conduct
from stopwatch.watch.rollout.activating import next_go_live, planned_go_lives
from stopwatch.watch.rollout.conduct import Voucher
from stopwatch.watch.rollout.entry import GoLive, activate, gate_of
from tests.watch.letters import DAY, GRAIN, HAM, LODZ, ROLLOUT, T0, rule, rule_set
from tests.watch.world import World, Worlds

HALF = timedelta(seconds=30)
ITEM = ReadinessItem("uat", "UAT signed")
IDA = Voucher("cli:ida", "cli", "https://wiki/uat", None)
PILOT = PhaseId("pilot")


def demanding(rules: RuleSet, *automatic: AutomaticItem) -> RuleSet:
    """The rules with a pilot that demands an item."""
    pilot, *others = rules.plan.phases
    phases = (replace(pilot, readiness=(ITEM,), automatic=automatic), *others)
    return replace(rules, plan=replace(rules.plan, phases=phases))


@pytest.fixture
def world(worlds: Worlds) -> World:
    rules = demanding(rule_set(rule("load", step=HALF), sites=(HAM, LODZ)))
    return worlds.make(rules, {("load", HAM): "C" * 60, ("load", LODZ): "C" * 60})


def records(world: World) -> tuple[int, list[str]]:
    """How many sites are activated, and which kinds of entries there are."""
    with world.store.reading() as view:
        return len(view.activations(ROLLOUT)), [entry.kind.value for entry in view.entries(ROLLOUT)]


def test_a_site_is_activated_through_its_open_gate_with_its_version_and_audited(world: World) -> None:
    conduct.done(world.desk, HAM, "UAT signed", IDA, now=T0)
    asked = GoLive(HAM, "cli:bo", "4.12.0", T0 + GRAIN, link="https://ticket/1")
    activation, gate = activate(world.desk, asked, transport="cli", now=T0)
    assert gate.open
    assert (activation.at, activation.version, activation.actor) == (T0 + GRAIN, "4.12.0", "cli:bo")
    with world.store.reading() as view:
        assert view.activations(ROLLOUT) == {HAM: activation}
        (entry,) = view.entries(ROLLOUT, kind=EntryKind.ACTIVATION)
    assert entry.body == {
        "version": "4.12.0",
        "previous_version": None,
        "at": "2026-11-21T10:00:30Z",
        "change": "normal",
        "override": False,
        "unmet": [],
        "reason": None,
        "link": "https://ticket/1",
    }
    assert world.audited() == [("cli:ida", "rollout.done"), ("cli:bo", "rollout.activate")]


def test_a_closed_gate_refuses_and_nothing_is_changed(world: World) -> None:
    with pytest.raises(EntryClosedError) as caught:
        activate(world.desk, GoLive(HAM, "cli:bo", "4.12.0"), transport="cli", now=T0)
    assert [reason.item for reason in caught.value.gate.reasons] == ["uat"]
    assert records(world) == (0, [])
    assert world.audited() == []


def test_an_override_needs_a_reason_and_keeps_what_it_passed(world: World) -> None:
    asked = GoLive(HAM, "cli:bo", "4.12.0", override=True)
    with pytest.raises(ActIncompleteError, match="an override needs a reason"):
        activate(world.desk, asked, transport="cli", now=T0)
    activate(world.desk, replace(asked, reason="customers wait"), transport="cli", now=T0)
    with world.store.reading() as view:
        (entry,) = view.entries(ROLLOUT)
    assert (entry.body["override"], entry.body["reason"]) == (True, "customers wait")
    assert entry.body["unmet"] == ["uat (nobody): not recorded; stopwatch rollout done ham-01 uat --link URL"]


def test_an_override_that_nothing_called_for_is_none(world: World) -> None:
    conduct.done(world.desk, HAM, "uat", IDA, now=T0)
    asked = GoLive(HAM, "cli:bo", "4.12.0", override=True, reason="to be sure")
    activate(world.desk, asked, transport="cli", now=T0)
    with world.store.reading() as view:
        assert view.entries(ROLLOUT)[-1].body["override"] is False


def test_the_version_is_the_change_records_unless_one_is_named(world: World) -> None:
    asked = GoLive(HAM, "cli:bo", override=True, reason="customers wait")
    with pytest.raises(ActIncompleteError, match="say which version"):
        activate(world.desk, asked, transport="cli", now=T0)
    plan = replace(world.rules.plan, change=ChangeRecord(version="4.12"))
    desk = replace(world.desk, rule_set=replace(world.rules, plan=plan))
    assert activate(desk, asked, transport="cli", now=T0)[0].version == "4.12"


def test_only_a_phase_that_demands_no_items_goes_live_by_itself(world: World) -> None:
    found = planned_go_lives({}, world.rules, T0)
    assert ([*found.activations], [one.site for one in found.fresh]) == ([LODZ], [LODZ])
    early = replace(world.rules.plan, phases=tuple(_demanding_drill(world.rules.plan)))
    assert next_go_live(early, {}, T0 - DAY) is None


def _demanding_drill(plan: Plan) -> list[Phase]:
    return [replace(phase, automatic=(AutomaticItem.DRILL,)) for phase in plan.phases]


@pytest.mark.parametrize(
    ("place", "item", "voucher", "field"),
    [
        pytest.param("ham-02", "uat", IDA, "site", id="no such site"),
        pytest.param(HAM, "uta", IDA, "item", id="no such item"),
        pytest.param(HAM, "drill", IDA, "item", id="an item that is checked automatically"),
        pytest.param(PILOT, "uat", IDA, "site", id="items are recorded by site"),
        pytest.param(HAM, "uat", replace(IDA, link=None), "link", id="no evidence"),
    ],
)
def test_what_cannot_be_recorded_as_done(world: World, place: str, item: str, voucher: Voucher, field: str) -> None:
    rules = demanding(world.rules, AutomaticItem.DRILL)
    with pytest.raises(ActIncompleteError) as caught:
        conduct.done(replace(world.desk, rule_set=rules), place, item, voucher, now=T0)
    assert caught.value.field == field


def test_a_record_that_would_be_expired_is_refused(world: World) -> None:
    with pytest.raises(ActIncompleteError, match="is past"):
        conduct.done(world.desk, HAM, "uat", IDA, now=T0, expires=T0)


def test_an_item_can_be_withdrawn(world: World) -> None:
    conduct.done(world.desk, HAM, "uat", IDA, now=T0)
    conduct.withdraw(world.desk, HAM, "uat", replace(IDA, note="the printers changed"), now=T0)
    with world.store.reading() as view:
        assert not gate_of(view, world.rules.plan, HAM, now=T0).open


def test_only_roles_of_the_plan_sign_and_a_refusal_says_why(world: World) -> None:
    plan = replace(world.rules.plan, roles=("warehouse-lead",))
    desk = replace(world.desk, rule_set=replace(world.rules, plan=plan))
    with pytest.raises(ActIncompleteError, match="the plan lets no ceo sign; it has warehouse-lead"):
        conduct.sign_off(desk, PILOT, "ceo", IDA, now=T0)
    with pytest.raises(ActIncompleteError, match="say why"):
        conduct.sign_off(desk, PILOT, "warehouse-lead", IDA, now=T0, ok=False)
    entry = conduct.sign_off(desk, PILOT, "warehouse-lead", IDA, now=T0)
    assert (entry.scope, entry.item, entry.body["ok"]) == ("pilot", "warehouse-lead", True)


def test_rehearsals_runbooks_and_approvals_are_of_a_site_a_phase_or_the_rollout(world: World) -> None:
    held = conduct.Rehearsal("flag", timedelta(minutes=8), ok=True, from_version="4.12", to_version="4.11")
    rehearsed = conduct.rehearse(world.desk, "_all", held, IDA, now=T0)
    assert (rehearsed.body["took_seconds"], rehearsed.body["from"]) == (480, "4.12")
    conduct.runbook(world.desk, PILOT, IDA, now=T0)
    conduct.approve(world.desk, HAM, "labels are refused", IDA, now=T0)
    assert records(world)[1] == ["rehearsal", "runbook", "approval"]
    with pytest.raises(ActIncompleteError, match="the plan has no phase or site ham"):
        conduct.runbook(world.desk, "ham", IDA, now=T0)


# ------------------------------------------------------------------------------------------------- a further go-live


def reopening(worlds: Worlds, letters: str) -> World:
    return worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): letters})


def again(world: World, *, at_slot: int, now_slot: int) -> None:
    """Activate Hamburg, which has been live from `T0`, once more."""
    if not records(world)[0]:
        with world.store.writing() as tx:
            tx.save_activation(Activation(ROLLOUT, HAM, T0, "plan:0", T0))
    asked = GoLive(HAM, "cli:bo", "4.12", T0 + at_slot * GRAIN, override=True, reason="second try")
    activate(world.desk, asked, transport="cli", now=T0 + now_slot * GRAIN)


def test_slots_before_a_further_go_live_do_not_count(worlds: Worlds) -> None:
    world = reopening(worlds, "CBBBBC")
    world.run(T0, T0 + 2 * GRAIN, every=HALF)
    again(world, at_slot=3, now_slot=2)
    world.run(T0 + 3 * GRAIN, T0 + 4 * GRAIN, every=HALF)
    assert world.decisions() == []
    world.run(T0 + 5 * GRAIN, T0 + 6 * GRAIN, every=HALF)
    assert world.decisions() == []


def test_a_breach_that_lasts_after_a_further_go_live_opens_by_itself(worlds: Worlds) -> None:
    world = reopening(worlds, "CBBBBBC")
    world.run(T0, T0 + 2 * GRAIN, every=HALF)
    again(world, at_slot=3, now_slot=2)
    world.run(T0 + 3 * GRAIN, T0 + 6 * GRAIN, every=HALF)
    (decision,) = world.decisions()
    assert decision.opened_at == T0 + 5 * GRAIN


def test_a_breach_before_a_further_go_live_is_found_however_late_it_is_looked_for(worlds: Worlds) -> None:
    world = reopening(worlds, "CBBBCCCCC")
    again(world, at_slot=5, now_slot=5)
    world.run(T0 + 8 * GRAIN, T0 + 8 * GRAIN)
    (decision,) = world.decisions()
    assert decision.opened_at == T0 + 3 * GRAIN


def test_a_ground_that_holds_at_a_further_go_live_recovers_as_it_would_have(worlds: Worlds) -> None:
    world = reopening(worlds, "BBBBBCCCCCC")
    world.run(T0, T0 + 3 * GRAIN, every=HALF)
    (opened,) = world.decisions()
    world.act(opened.id, Act.ACKNOWLEDGE, T0 + 3 * GRAIN)
    again(world, at_slot=4, now_slot=3)
    world.run(T0 + 4 * GRAIN, T0 + 10 * GRAIN, every=HALF)
    (after,) = world.decisions()
    assert len(after.grounds) == 1
    assert after.grounds[0].recovered_at is not None
