"""A manual stop declared in Slack: for whom the plan lists, at one place of the plan, and once for ever."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act, DecisionId
from stopwatch.core.inbox import Declaration, Interaction, Result, Way
from stopwatch.core.rollout import RuleSet, SlackPlan
from stopwatch.watch.acts.answers import apply, complaint, preview
from stopwatch.watch.acts.commands import act
from tests.watch.letters import HAM, MINUTE, rule, rule_set
from tests.watch.test_answers import ANNA, BEN, GROUP, NOW, ONCALL, audited
from tests.watch.world import World, Worlds

FIELDS = {"scope": f"site:{HAM}", "criterion": "sev1", "reason": "labels are missing"}
LINK = "https://tickets.example/OPS-1"


def rules() -> RuleSet:
    """A rule, and the right to stop for the group on call."""
    made = rule_set(rule("v"))
    return replace(made, plan=replace(made.plan, slack=SlackPlan(rights={"pause": (GROUP,), "attach": (GROUP,)})))


@pytest.fixture
def world(worlds: Worlds) -> World:
    return worlds.make(rules(), {})


def stop(user: str = ANNA, key: str = "dialog/V1", **fields: str) -> Interaction:
    """A submitted dialog."""
    filled = FIELDS | fields
    return Interaction(key, Way.HTTP, Declaration.PAUSE, user, DecisionId(""), team="T0", fields=filled)


def test_a_stop_opens_a_decision_in_the_persons_name(world: World) -> None:
    outcome = apply(world.desk, stop(link=LINK), ONCALL, now=NOW)
    assert outcome.result is Result.APPLIED
    assert outcome.decision is not None
    ground = outcome.decision.grounds[0]
    assert (outcome.decision.site, ground.criterion, ground.links[0].url) == (HAM, "sev1", LINK)
    assert ground.summary is not None
    assert ground.summary["actor"] == f"slack:{ANNA}"
    (row,) = audited(world, "pause")
    assert (row["actor"], row["transport"], row["reason"]) == (f"slack:{ANNA}", "slack", "labels are missing")
    assert "T0" in str(row["details"])


def test_a_stop_that_was_declared_before_it_could_be_noted_is_declared_once(world: World) -> None:
    first = apply(world.desk, stop(), ONCALL, now=NOW).decision
    again = apply(world.desk, stop(), ONCALL, now=NOW + MINUTE)
    assert first is not None
    assert (again.result, again.decision) == (Result.REPEATED, first)
    assert len(first.grounds) == 1
    other = apply(world.desk, stop(key="dialog/V2"), ONCALL, now=NOW + MINUTE)
    assert other.decision is not None
    assert (other.decision.id, len(other.decision.grounds)) == (first.id, 2)


def test_a_stop_that_is_over_by_now_is_not_declared_again(world: World) -> None:
    first = apply(world.desk, stop(), ONCALL, now=NOW).decision
    assert first is not None
    dismissal = ActRequest(Act.DISMISS, "cli:eva", "a slip", category="false_alarm")
    act(world.desk, first.id, dismissal, transport="cli", now=NOW + MINUTE)
    assert apply(world.desk, stop(), ONCALL, now=NOW + 2 * MINUTE).result is Result.REPEATED


@pytest.mark.parametrize("way", ["asked for", "submitted"])
def test_who_is_not_listed_may_not_stop_is_told_and_audited(world: World, way: str) -> None:
    ask = preview if way == "asked for" else apply
    outcome = ask(world.desk, stop(BEN), ONCALL, now=NOW)
    assert (outcome.result, outcome.told) == (Result.REFUSED, True)
    words = "only the people and groups that the plan lists under slack.rights.pause may do that"
    assert outcome.why == f"{words}; ask one of them"
    assert [row["actor"] for row in audited(world, "refused")] == [f"slack:{BEN}"]
    assert audited(world, "pause") == []


def test_whom_the_plan_lists_is_asked(world: World) -> None:
    assert preview(world.desk, stop(), ONCALL, now=NOW).result is Result.ASKED


@pytest.mark.parametrize(
    ("fields", "block"),
    [
        pytest.param({}, None, id="complete"),
        pytest.param({"scope": "all"}, None, id="everywhere"),
        pytest.param({"scope": "phase:pilot"}, None, id="a phase"),
        pytest.param({"scope": ""}, "scope", id="nowhere"),
        pytest.param({"scope": "site:lodz"}, "scope", id="a site that left the plan"),
        pytest.param({"scope": "phase:gone"}, "scope", id="a phase that left the plan"),
        pytest.param({"criterion": " "}, "criterion", id="no criterion"),
        pytest.param({"reason": ""}, "reason", id="no reason"),
        pytest.param({"link": "javascript:alert(1)"}, "link", id="no web address"),
    ],
)
def test_the_dialog_is_told_which_block_cannot_be_used(world: World, fields: dict[str, str], block: str | None) -> None:
    wrong = complaint(world.desk, stop(**fields), now=NOW)
    assert (wrong[0] if wrong else None) == block
    outcome = apply(world.desk, stop(**fields), ONCALL, now=NOW)
    assert outcome.result is (Result.APPLIED if block is None else Result.INCOMPLETE)


def test_two_tickets_of_one_person_are_both_attached_and_the_same_one_once(world: World) -> None:
    decision = apply(world.desk, stop(), ONCALL, now=NOW).decision
    assert decision is not None

    def attach(key: str, link: str) -> Result:
        made = Interaction(key, Way.HTTP, Act.ATTACH, ANNA, decision.id, decision.rev, 1, fields={"link": link})
        return apply(world.desk, made, ONCALL, now=NOW + MINUTE).result

    results = [attach("dialog/1", LINK), attach("dialog/1", LINK), attach("dialog/2", f"{LINK}2")]
    assert results == [Result.APPLIED, Result.REPEATED, Result.APPLIED]
    with world.store.reading() as view:
        after = view.decision(decision.id)
    assert after is not None
    assert [link.url for link in after.grounds[0].links] == [LINK, f"{LINK}2"]
