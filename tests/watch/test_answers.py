"""Deeds from the inbox become acts once, for those who may, and everybody else learns why not."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from stopwatch.core.decision import Act, Decision, DecisionState
from stopwatch.core.inbox import Interaction, Result, Way
from stopwatch.core.rollout import RuleSet, SlackPlan
from stopwatch.watch.acts.answers import apply, complaint, heard_since, pending_beside, preview, request_of
from stopwatch.watch.acts.outcome import Outcome
from stopwatch.watch.acts.rights import obstacle
from tests.watch.letters import HAM, MINUTE, T0, rule, rule_set
from tests.watch.world import World, Worlds

ANNA, BEN = "U0ANNA", "U0BEN"
GROUP, OTHER = "S0ONCALL", "S0LEADS"
NOW = T0 + 10 * MINUTE
END = (NOW + timedelta(hours=1)).isoformat()
OVERRIDE = {"category": "accepted-risk", "reason": "peak hour", "end": END}


@dataclass(slots=True)
class Known:
    """User groups in memory; a group that is not here cannot be looked up."""

    groups: dict[str, frozenset[str]] = field(default_factory=dict)

    def members(self, group: str) -> frozenset[str] | None:
        return self.groups.get(group)


ONCALL = Known({GROUP: frozenset({ANNA})})
RIGHTS = {
    "override": (GROUP,),
    "resume": (BEN, OTHER),
    "roll-back": (OTHER, ANNA),
    "dismiss": (),
    "close": (GROUP, OTHER),
}


def rules() -> RuleSet:
    """Two rules, and rights for everything but dismissing."""
    made = rule_set(rule("v"), rule("w"))
    return replace(made, plan=replace(made.plan, slack=SlackPlan(rights=RIGHTS)))


@pytest.fixture
def opened(worlds: Worlds) -> tuple[World, Decision]:
    """A decision by a manual stop."""
    world = worlds.make(rules(), {})
    return world, world.stop(T0 + MINUTE, site=HAM)[0]


def deed(decision: Decision, act: Act = Act.ACKNOWLEDGE, user: str = ANNA, **more: object) -> Interaction:
    """A click on the card as it stands."""
    made = Interaction(f"click/{act}/{user}", Way.HTTP, act, user, decision.id, decision.rev, len(decision.grounds))
    return replace(made, **more)  # type: ignore[arg-type]  # fields by name


def taken(world: World, what: Interaction, *, at: datetime = NOW) -> Outcome:
    return apply(world.desk, what, ONCALL, now=at)


def audited(world: World, act: str) -> list[dict[str, object]]:
    with world.store.reading() as view:
        return [dict(row.body) for row in view.audit_rows() if row.body["act"] == act]


# -------------------------------------------------------------------------------------------------------------- rights


@pytest.mark.parametrize(
    ("act", "user", "groups", "why"),
    [
        pytest.param(Act.ACKNOWLEDGE, "U0X", Known(), None, id="anybody acknowledges"),
        pytest.param(Act.CONFIRM, "U0X", Known(), None, id="anybody confirms"),
        pytest.param(Act.PAUSE_AGAIN, "U0X", Known(), None, id="anybody pauses again"),
        pytest.param(Act.OVERRIDE, ANNA, ONCALL, None, id="a member of the group"),
        pytest.param(Act.OVERRIDE, BEN, ONCALL, "only the people and groups", id="no member"),
        pytest.param(Act.OVERRIDE, ANNA, Known(), "could not be looked up", id="group unknown"),
        pytest.param(Act.RESUME, BEN, Known(), None, id="listed by name, groups unknown"),
        pytest.param(Act.RESUME, ANNA, Known(), "S0LEADS could not be looked up", id="not listed, group unknown"),
        pytest.param(Act.CLOSE, ANNA, ONCALL, None, id="in one group, the other unknown"),
        pytest.param(Act.CLOSE, BEN, ONCALL, "could not be looked up", id="perhaps in the unknown group"),
        pytest.param(Act.DISMISS, ANNA, ONCALL, "lists nobody", id="nobody is listed"),
        pytest.param(Act.RESOLVE, ANNA, ONCALL, "lists nobody", id="an act of the shell"),
    ],
)
def test_rights_fail_closed(act: Act, user: str, groups: Known, why: str | None) -> None:
    found = obstacle(rules().plan, act, user, groups)
    assert (found is None) is (why is None)
    assert why is None or why in str(found)


def test_a_refusal_is_audited_and_changes_nothing(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    what = deed(decision, Act.OVERRIDE, BEN, fields=OVERRIDE, team="T0", origin={"user": {"id": BEN}})
    outcome = taken(world, what)
    assert (outcome.result, outcome.told) == (Result.REFUSED, True)
    assert world.decisions() == [decision]
    (row,) = audited(world, "refused")
    assert (row["actor"], row["transport"], row["rev_before"], row["rev_after"]) == ("slack:U0BEN", "slack", 1, 1)
    origin = {"way": "http", "team": "T0", "payload": {"user": {"id": BEN}}}
    assert row["details"] == {"act": "override", "origin": origin}
    assert preview(world.desk, what, ONCALL, now=NOW).result is Result.REFUSED


# ------------------------------------------------------------------------------------------------------------ applying


def test_a_click_is_applied_once_however_often_it_is_found(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    results = [taken(world, deed(decision)).result for _ in range(3)]
    assert results == [Result.APPLIED, Result.REPEATED, Result.REPEATED]
    assert [(acted.act, acted.actor) for acted in world.decisions()[0].acts] == [("acknowledge", "slack:U0ANNA")]
    assert audited(world, "acknowledge")[0]["details"] == {"origin": {"way": "http", "team": None, "payload": {}}}


def test_who_comes_second_learns_who_was_first(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    taken(world, deed(decision, Act.CONFIRM))
    outcome = taken(world, deed(decision, Act.CONFIRM, BEN), at=NOW + MINUTE)
    assert (outcome.result, outcome.told) == (Result.STALE, True)
    assert "slack:U0ANNA" in str(outcome.why)
    assert outcome.decision is not None
    assert outcome.decision.last_act is not None
    assert (outcome.decision.state, outcome.decision.last_act.actor) == (DecisionState.CONFIRMED, "slack:U0ANNA")


def test_a_word_needs_no_revision_and_says_when_it_comes_too_late(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    word = replace(deed(decision), way=Way.THREAD, rev=None, shown=None)
    assert taken(world, word).result is Result.APPLIED
    assert taken(world, word).result is Result.REPEATED
    late = taken(world, replace(word, user=BEN))
    assert (late.result, "not possible while the decision is acknowledged" in str(late.why)) == (Result.ILLEGAL, True)


def test_a_dialog_submitted_twice_with_other_words_is_no_repetition(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    assert taken(world, deed(decision, Act.OVERRIDE, fields=OVERRIDE)).result is Result.APPLIED
    assert taken(world, deed(decision, Act.OVERRIDE, fields=OVERRIDE)).result is Result.REPEATED
    other = OVERRIDE | {"reason": "another one"}
    assert taken(world, deed(decision, Act.OVERRIDE, fields=other)).result is Result.STALE


def test_an_unknown_decision_is_told_and_breaks_nothing(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    what = replace(deed(decision), decision=replace(decision, id="ham-01-gone").id)  # type: ignore[arg-type]  # plain text
    assert taken(world, what).result is Result.ILLEGAL
    assert preview(world.desk, what, ONCALL, now=NOW).result is Result.ILLEGAL
    assert complaint(world.desk, what, now=NOW) is None


def test_what_time_made_unusable_between_dialog_and_act_is_told(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    outcome = taken(world, deed(decision, Act.OVERRIDE, fields=OVERRIDE), at=NOW + timedelta(hours=2))
    assert (outcome.result, "not in the future" in str(outcome.why)) == (Result.INCOMPLETE, True)


# ------------------------------------------------------------------------------------------------------------- dialogs


@pytest.mark.parametrize(
    ("act", "changes", "block"),
    [
        pytest.param(Act.OVERRIDE, {}, None, id="complete"),
        pytest.param(Act.OVERRIDE, {"category": " "}, "category", id="no category"),
        pytest.param(Act.OVERRIDE, {"reason": ""}, "reason", id="no reason"),
        pytest.param(Act.OVERRIDE, {"end": ""}, "end", id="no end"),
        pytest.param(Act.OVERRIDE, {"end": T0.isoformat()}, "end", id="end in the past"),
        pytest.param(Act.OVERRIDE, {"end": (NOW + timedelta(hours=5)).isoformat()}, "end", id="end beyond the plan"),
        pytest.param(Act.OVERRIDE, {"end": "soon"}, "end", id="end in words"),
        pytest.param(Act.OVERRIDE, {"end": "2026-11-21T12:00:00"}, "end", id="end without a zone"),
        pytest.param(Act.OVERRIDE, {"link": "https://tickets.example/1"}, None, id="a ticket"),
        pytest.param(Act.OVERRIDE, {"link": "javascript:alert(1)"}, "link", id="no web address"),
        pytest.param(Act.OVERRIDE, {"link": "https://"}, "link", id="no host"),
        pytest.param(Act.OVERRIDE, {"link": "https://[::1"}, "link", id="half an address"),
        pytest.param(Act.OVERRIDE, {"link": "https://a b"}, "link", id="a space"),
        pytest.param(Act.DISMISS, {"category": "false_alarm"}, None, id="a category that is known"),
        pytest.param(Act.DISMISS, {}, "category", id="a category that is not"),
        pytest.param(Act.ROLL_BACK, {"what": "release", "from": "2", "to": "1"}, None, id="a roll-back"),
        pytest.param(Act.ROLL_BACK, {"what": "release", "from": "2"}, "to", id="a roll-back to nowhere"),
        pytest.param(Act.ROLL_BACK, {"from": "2", "to": "1"}, "what", id="a roll-back of nothing"),
    ],
)
def test_a_dialog_is_told_which_block_cannot_be_used(
    opened: tuple[World, Decision], act: Act, changes: dict[str, str], block: str | None
) -> None:
    world, decision = opened
    found = complaint(world.desk, deed(decision, act, fields=OVERRIDE | changes), now=NOW)
    assert (found[0] if found else None) == block


def test_a_dialog_about_what_changed_meanwhile_is_let_through_to_be_told(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    world.act(decision.id, Act.CONFIRM, NOW)
    stale = deed(decision, Act.OVERRIDE, fields=OVERRIDE)
    assert complaint(world.desk, stale, now=NOW) is None
    assert preview(world.desk, stale, ONCALL, now=NOW).result is Result.STALE


def test_a_dialog_opens_for_who_may_while_the_decision_takes_it(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    assert preview(world.desk, deed(decision, Act.OVERRIDE), ONCALL, now=NOW).result is Result.ASKED
    assert preview(world.desk, deed(decision, Act.CLOSE), ONCALL, now=NOW).result is Result.ILLEGAL
    still = preview(world.desk, deed(decision, Act.RESUME, BEN), ONCALL, now=NOW)
    assert "neither recovered nor was resolved" in str(still.why)


def test_links_and_ends_reach_the_act_as_they_were_meant(opened: tuple[World, Decision]) -> None:
    request = request_of(
        deed(opened[1], Act.OVERRIDE, fields=OVERRIDE | {"link": " https://t.example/1 "}), Act.OVERRIDE
    )
    assert (request.until, request.links[0].kind, request.links[0].url) == (
        NOW + timedelta(hours=1),
        "ticket",
        "https://t.example/1",
    )


def test_a_resume_knows_which_other_rules_count_already(worlds: Worlds) -> None:
    world = worlds.make(rules(), {("v", HAM): "BBBBBBBBBB", ("w", HAM): "CCCCCCCCBB"})
    for minute in range(6):
        world.tick(T0 + minute * MINUTE)
    decision = world.decisions()[0]
    assert [ground.rule for ground in decision.grounds] == ["v"]
    assert [name for name, _since in pending_beside(world.desk, decision)] == ["w"]
    wide = world.stop(NOW, site=None)[0]
    assert pending_beside(world.desk, wide) == []


def test_words_said_before_a_pause_came_back_do_not_count(opened: tuple[World, Decision]) -> None:
    world, decision = opened
    assert heard_since(decision) == decision.opened_at
    world.act(decision.id, Act.OVERRIDE, NOW, category="x", until=NOW + timedelta(hours=1))
    assert heard_since(world.decisions()[0]) == decision.opened_at
    world.stop(NOW + 5 * MINUTE, "fire", site=HAM)
    again = world.decisions()[0]
    assert (again.state, again.episode) == (DecisionState.OPEN, 2)
    assert heard_since(again) == NOW + 5 * MINUTE
