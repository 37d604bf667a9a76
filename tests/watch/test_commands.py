"""People's acts on real records: revisions, refusals, overrides and their ends, manual stops and gates."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stopwatch.core.decision import Act, Decision, DecisionId, DecisionState
from stopwatch.core.errors import ActIllegalError, ActIncompleteError, ActStaleError, DecisionNotFoundError
from tests.watch.letters import GRAIN, HAM, LODZ, LYON, MINUTE, T0, rule, rule_set
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


def test_the_id_is_the_site_and_the_instant_of_the_first_ground(world: World) -> None:
    only = opened(world)
    assert (only.id, only.rev, only.episode, only.opened_at) == ("ham-01-20261121T1001Z", 1, 1, T0 + 2 * GRAIN)
    assert [ground.id for ground in only.grounds] == ["load@20261121T1001Z"]


def test_every_act_is_kept_with_actor_reason_and_revision_and_audited(world: World) -> None:
    world.act(opened(world).id, Act.ACKNOWLEDGE, NOW, rev=1, reason=None)
    after = world.act(opened(world).id, Act.CONFIRM, NOW + MINUTE, rev=2, actor="cli:ben")
    assert (after.state, after.rev) == (DecisionState.CONFIRMED, 3)
    assert [(acted.act, acted.actor, acted.rev_before, acted.rev_after) for acted in after.acts] == [
        ("acknowledge", "cli:eva", 1, 2),
        ("confirm", "cli:ben", 2, 3),
    ]
    assert opened(world) == after
    assert world.audited()[-2:] == [("cli:eva", "acknowledge"), ("cli:ben", "confirm")]


def test_a_stale_act_changes_nothing_and_says_who_was_first(world: World) -> None:
    before = world.act(opened(world).id, Act.ACKNOWLEDGE, NOW, actor="cli:ben")
    with pytest.raises(ActStaleError, match="cli:ben") as refused:
        world.act(before.id, Act.CONFIRM, NOW + MINUTE, rev=1)
    standing = refused.value.standing
    assert (standing.rev, standing.state, standing.by, standing.at) == (2, "acknowledged", "cli:ben", NOW)
    assert opened(world) == before


def test_an_act_the_state_does_not_allow_is_refused(world: World) -> None:
    before = opened(world)
    with pytest.raises(ActIllegalError, match="close is not possible while the decision is open"):
        world.act(before.id, Act.CLOSE, NOW)
    assert opened(world) == before


def test_a_decision_that_does_not_exist_is_said_so(world: World) -> None:
    with pytest.raises(DecisionNotFoundError, match="lodz-1"):
        world.act(DecisionId("lodz-1"), Act.CONFIRM, NOW)


@pytest.mark.parametrize(
    ("act", "given", "field"),
    [
        pytest.param(Act.OVERRIDE, {**OVERRIDE, "reason": " "}, "reason", id="override without reason"),
        pytest.param(Act.OVERRIDE, {"until": NOW + HOUR}, "category", id="override without category"),
        pytest.param(Act.OVERRIDE, {"category": "risk"}, "until", id="override without end"),
        pytest.param(Act.OVERRIDE, {**OVERRIDE, "until": NOW}, "until", id="override that ends now"),
        pytest.param(
            Act.OVERRIDE, {**OVERRIDE, "until": NOW + 5 * HOUR}, "until", id="override beyond the plan's bound"
        ),
        pytest.param(Act.OVERRIDE, {**OVERRIDE, "grounds": ("x@1",)}, "grounds", id="override of an unknown ground"),
        pytest.param(Act.OVERRIDE, {**OVERRIDE, "grounds": ()}, "grounds", id="override of nothing"),
        pytest.param(Act.DISMISS, {"category": "boredom"}, "category", id="dismiss for no known category"),
        pytest.param(Act.ROLL_BACK, {**ROLL_BACK, "what": "mood"}, "what", id="roll-back of what"),
        pytest.param(Act.ROLL_BACK, {**ROLL_BACK, "to_version": ""}, "to", id="roll-back to what"),
        pytest.param(Act.RESOLVE, {"ground": "load@1"}, "ground", id="resolve an unknown ground"),
        pytest.param(Act.ATTACH, {}, "links", id="attach nothing"),
    ],
)
def test_an_incomplete_act_names_the_field(world: World, act: Act, given: dict[str, object], field: str) -> None:
    before = opened(world)
    with pytest.raises(ActIncompleteError) as refused:
        world.act(before.id, act, NOW, **given)
    assert refused.value.field == field
    assert opened(world) == before


@pytest.mark.parametrize(
    ("act", "given"),
    [
        pytest.param(Act.OVERRIDE, OVERRIDE, id="override"),
        pytest.param(Act.DISMISS, {"category": "data_fault"}, id="dismiss"),
        pytest.param(Act.ROLL_BACK, ROLL_BACK, id="roll-back"),
    ],
)
def test_what_was_not_shown_cannot_be_overridden_dismissed_or_rolled_back(
    world: World, act: Act, given: dict[str, object]
) -> None:
    world.run(NOW + GRAIN, T0 + 8 * GRAIN, every=HALF)
    assert [ground.rule for ground in opened(world).grounds] == ["load", "delay"]
    with pytest.raises(ActStaleError, match="delay"):
        world.act(opened(world).id, act, T0 + 8 * GRAIN, shown=1, rev=1, **given)
    assert world.act(opened(world).id, Act.ACKNOWLEDGE, T0 + 8 * GRAIN, shown=1, rev=1).rev == 2


# ------------------------------------------------------------------------------------------------- resume and blindness


def test_resume_waits_for_every_ground_to_recover(world: World) -> None:
    with pytest.raises(ActIllegalError, match="load@20261121T1001Z neither recovered nor was resolved"):
        world.act(opened(world).id, Act.RESUME, NOW)


def test_resume_is_refused_while_the_site_is_blind_or_behind(worlds: Worlds) -> None:
    rules = rule_set(rule("load", step=HALF), rule("delay", step=HALF, stale_after=3))
    world = worlds.make(rules, {("load", HAM): "BBB" + "C" * 60, ("delay", HAM): "C" * 60})
    world.run(T0, T0 + 8 * GRAIN, every=HALF)
    late = T0 + 13 * GRAIN
    with pytest.raises(ActIllegalError, match="load is 5 steps behind"):
        world.act(opened(world).id, Act.RESUME, late)
    world.source.series["delay", HAM] = "C" * 9
    world.run(T0 + 9 * GRAIN, late, every=HALF)
    with pytest.raises(ActIllegalError, match="delay has no data"):
        world.act(opened(world).id, Act.RESUME, late)
    world.source.failing = {"delay"}
    world.run(late + GRAIN, late + 3 * GRAIN, every=HALF)
    with pytest.raises(ActIllegalError, match="delay cannot be evaluated"):
        world.act(opened(world).id, Act.RESUME, late + 3 * GRAIN)
    world.source.failing = set()
    world.source.series["delay", HAM] = "C" * 60
    world.run(late + 4 * GRAIN, late + 8 * GRAIN, every=HALF)
    assert world.act(opened(world).id, Act.RESUME, late + 8 * GRAIN).state is DecisionState.RESUMED


# --------------------------------------------------------------------------------------------------------- overrides


def test_a_ground_the_override_did_not_name_opens_the_decision_again(world: World) -> None:
    world.act(opened(world).id, Act.OVERRIDE, NOW, **OVERRIDE)
    world.run(NOW + GRAIN, T0 + 8 * GRAIN, every=HALF)
    again = opened(world)
    assert (again.state, again.rev, again.episode, again.until) == (DecisionState.OPEN, 3, 2, None)
    assert [acted.act for acted in again.acts] == ["override", "unnamed-ground"]


def test_a_further_ground_of_a_rule_it_named_leaves_the_override(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): "BBBBCCCCBBBBCCC"})
    world.run(T0, NOW, every=HALF)
    world.act(opened(world).id, Act.OVERRIDE, NOW, **OVERRIDE)
    world.run(NOW + GRAIN, T0 + 11 * GRAIN, every=HALF)
    after = opened(world)
    assert len(after.grounds) == 2
    assert (after.state, after.rev, after.episode) == (DecisionState.OVERRIDDEN, 2, 1)


def test_an_override_that_names_one_of_two_grounds_accepts_only_that(world: World) -> None:
    end = T0 + 8 * GRAIN
    world.run(NOW + GRAIN, end, every=HALF)
    chosen = opened(world).grounds[1].id
    after = world.act(opened(world).id, Act.OVERRIDE, end, category="risk", until=end + HOUR, grounds=(chosen,))
    assert after.accepted == {"delay"}
    assert after.acts[-1].details["grounds"] == [chosen]


def test_an_override_ends_open_while_a_ground_lasts(world: World) -> None:
    world.act(opened(world).id, Act.OVERRIDE, NOW, category="risk", until=NOW + MINUTE)
    assert world.pass_time(NOW + timedelta(seconds=59)) == []
    assert world.pass_time(NOW + MINUTE, caught_up=False) == [], "what was not judged yet may hold a ground"
    (after,) = world.pass_time(NOW + MINUTE)
    assert (after.state, after.rev, after.episode) == (DecisionState.OPEN, 3, 2)
    assert after.acts[-1].actor == "daemon"
    assert world.pass_time(NOW + 2 * MINUTE) == []


def test_an_override_ends_resumed_when_every_ground_is_over(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=HALF)), {("load", HAM): "BBB" + "C" * 20})
    world.run(T0, NOW, every=HALF)
    world.act(opened(world).id, Act.OVERRIDE, NOW, category="risk", until=NOW + 2 * MINUTE)
    world.run(NOW + GRAIN, NOW + 4 * GRAIN, every=HALF)
    (after,) = world.pass_time(NOW + 2 * MINUTE)
    assert (after.state, after.rev, after.episode) == (DecisionState.RESUMED, 3, 1)
    assert after.ended_at == NOW + 2 * MINUTE
    assert world.audited()[-1] == ("daemon", "override-ended-clear")


def test_a_repeated_override_has_a_new_end_and_pause_again_ends_it(world: World) -> None:
    world.act(opened(world).id, Act.OVERRIDE, NOW, **OVERRIDE)
    longer = world.act(opened(world).id, Act.OVERRIDE, NOW + MINUTE, category="risk", until=NOW + 2 * HOUR)
    assert (longer.rev, longer.until) == (3, NOW + 2 * HOUR)
    again = world.act(opened(world).id, Act.PAUSE_AGAIN, NOW + 2 * MINUTE)
    assert (again.state, again.until, again.accepted) == (DecisionState.CONFIRMED, None, frozenset())


def test_a_roll_back_that_nothing_can_verify_is_flagged_and_can_be_closed(world: World) -> None:
    world.act(opened(world).id, Act.ROLL_BACK, NOW, **ROLL_BACK)
    (flagged,) = world.pass_time(NOW + GRAIN)
    assert (flagged.state, flagged.rev) == (DecisionState.FLAGGED, 3)
    closed = world.act(flagged.id, Act.CLOSE, NOW + MINUTE, rev=3)
    assert (closed.state, closed.ended_at) == (DecisionState.CLOSED, NOW + MINUTE)
