"""Words for the issue log from Slack: for whom the plan lists, block by block, and once for ever."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stopwatch.core.decision import DecisionId
from stopwatch.core.hypercare import Logged
from stopwatch.core.inbox import Declaration, Interaction, Result, Way
from stopwatch.core.phase import HypercarePlan
from stopwatch.core.rollout import RuleSet, SlackPlan
from stopwatch.watch.acts.answers import apply, complaint, preview
from stopwatch.watch.acts.issues import IssueAsked, log_of, say
from tests.watch.letters import HAM, LODZ, MINUTE, rule, rule_set
from tests.watch.test_answers import ANNA, BEN, GROUP, NOW, ONCALL, Known, audited
from tests.watch.world import World, Worlds

FIELDS = {"scope": f"site:{HAM}", "description": "labels print twice", "severity": "sev2", "attributable": "no"}
CHANGE = {"issue": f"{HAM}-1", "status": "mitigated", "severity": "sev2", "description": "labels print twice"}


def rules() -> RuleSet:
    """A rule, the right to write for the group on call, and a target for the worst."""
    made = rule_set(rule("v"), sites=(HAM, LODZ))
    hypercare = HypercarePlan(targets={"sev1": timedelta(days=1)})
    slack = SlackPlan(rights={"issue": (GROUP,)})
    return replace(made, plan=replace(made.plan, slack=slack, hypercare=hypercare))


@pytest.fixture
def world(worlds: Worlds) -> World:
    return worlds.make(rules(), {})


def said(user: str = ANNA, key: str = "dialog/V1", **fields: str) -> Interaction:
    """A submitted dialog."""
    filled = FIELDS | fields
    return Interaction(key, Way.HTTP, Declaration.ISSUE, user, DecisionId(""), team="T0", fields=filled)


def changed(key: str = "dialog/V2", rev: int = 1, **fields: str) -> Interaction:
    """A submitted dialog of a known issue."""
    filled = CHANGE | fields
    return Interaction(key, Way.HTTP, Declaration.ISSUE, ANNA, DecisionId(""), rev, team="T0", fields=filled)


def log(world: World) -> list[Logged]:
    """The log."""
    with world.store.reading() as view:
        return log_of(view, world.rules.plan, now=NOW)


def test_an_issue_is_written_in_the_persons_name_and_audited_with_what_proves_it(world: World) -> None:
    outcome = apply(world.desk, said(owner=" Mia ", target="2026-11-30", attributable="yes"), ONCALL, now=NOW)
    assert (outcome.result, outcome.told) == (Result.APPLIED, True)
    (logged,) = log(world)
    issue = logged.issue
    assert outcome.logged == logged
    assert (issue.id, issue.scope, issue.severity, issue.opened_by) == (f"{HAM}-1", HAM, "sev2", f"slack:{ANNA}")
    assert (issue.owner, str(issue.target), issue.attributable, issue.workaround) == ("Mia", "2026-11-30", True, None)
    (row,) = audited(world, "issue.open")
    assert (row["actor"], row["transport"]) == (f"slack:{ANNA}", "slack")
    assert "T0" in str(row["details"])


def test_an_issue_that_was_written_before_it_could_be_noted_is_written_once(world: World) -> None:
    first = apply(world.desk, said(), ONCALL, now=NOW)
    again = apply(world.desk, said(), ONCALL, now=NOW + MINUTE)
    assert (again.result, again.logged) == (Result.APPLIED, first.logged)
    assert len(audited(world, "issue.open")) == 1
    apply(world.desk, said(key="dialog/V9"), ONCALL, now=NOW + MINUTE)
    assert [one.issue.id for one in log(world)] == [f"{HAM}-1", f"{HAM}-2"]


def test_an_issue_is_resolved_with_words_once_and_empty_blocks_take_back(world: World) -> None:
    apply(world.desk, said(owner="Mia", workaround="bin one"), ONCALL, now=NOW)
    deed = changed(status="resolved", note="fixed with 4.12.1", owner="Bo")
    for _ in range(2):
        assert apply(world.desk, deed, ONCALL, now=NOW + MINUTE).result is Result.APPLIED
        assert complaint(world.desk, deed, now=NOW + MINUTE) is None
    (logged,) = log(world)
    assert (logged.issue.status, logged.issue.owner, logged.issue.workaround) == ("resolved", "Bo", None)
    assert len(logged.issue.history) == 2
    (row,) = audited(world, "issue.resolve")
    assert (row["actor"], row["reason"]) == (f"slack:{ANNA}", "fixed with 4.12.1")


def test_who_saw_an_older_issue_changes_nothing_and_learns_who_was_first(world: World) -> None:
    apply(world.desk, said(), ONCALL, now=NOW)
    say(world.desk, IssueAsked("cli:bo", identity=f"{HAM}-1", said={"note": "seen"}), transport="cli", now=NOW)
    late = changed(note="mine")
    words = f"cli:bo changed {HAM}-1 since you looked; open it again"
    assert complaint(world.desk, late, now=NOW) == ("note", words)
    outcome = apply(world.desk, late, ONCALL, now=NOW)
    assert (outcome.result, outcome.why, outcome.told) == (Result.STALE, words, True)
    assert len(log(world)[0].issue.history) == 2


@pytest.mark.parametrize("way", ["asked for", "submitted"])
def test_who_is_not_listed_may_not_write_is_told_and_audited(world: World, way: str) -> None:
    ask = preview if way == "asked for" else apply
    outcome = ask(world.desk, said(BEN), ONCALL, now=NOW)
    assert (outcome.result, outcome.told, log(world)) == (Result.REFUSED, True, [])
    assert outcome.why == (
        "only the people and groups that the plan lists under slack.rights.issue may do that; ask one of them"
    )
    assert [row["actor"] for row in audited(world, "refused")] == [f"slack:{BEN}"]


def test_nobody_listed_is_nobody(worlds: Worlds) -> None:
    outcome = preview(worlds.make(rule_set(rule("v")), {}).desk, said(), ONCALL, now=NOW)
    assert outcome.why == (
        "nobody may write into the issue log from Slack: the plan lists nobody under slack.rights.issue; "
        "the pages and the command line are open to whoever has a token or the machine"
    )


@pytest.mark.parametrize(
    ("words", "found", "why"),
    [
        pytest.param("", None, None, id="nothing"),
        pytest.param(f"{HAM} labels", None, None, id="a site"),
        pytest.param("labels print twice", None, None, id="words"),
        pytest.param(f"{HAM}-1", f"{HAM}-1", None, id="an issue"),
        pytest.param(f"{HAM}-1 it is fixed".upper(), f"{HAM}-1", None, id="in capitals"),
        pytest.param(f"{HAM}-7", None, f"no issue {HAM}-7; the log has of {HAM}: {HAM}-1", id="no such issue"),
        pytest.param("lodz-1", None, "no issue lodz-1; the log has of lodz: none", id="a site without issues"),
        pytest.param("belt-7 stands", None, None, id="a word that looks like one"),
    ],
)
def test_the_first_word_may_name_the_issue(world: World, words: str, found: str | None, why: str | None) -> None:
    apply(world.desk, said(), ONCALL, now=NOW)
    asked = replace(said(key="command/1"), fields={"words": words})
    outcome = preview(world.desk, asked, ONCALL, now=NOW)
    assert (outcome.result, outcome.why) == (Result.ILLEGAL if why else Result.ASKED, why)
    assert (outcome.logged.issue.id if outcome.logged else None) == found


@pytest.mark.parametrize(
    ("deed", "block"),
    [
        pytest.param(said(), None, id="complete"),
        pytest.param(said(scope="phase:pilot"), None, id="a whole phase"),
        pytest.param(said(scope=""), "scope", id="nowhere"),
        pytest.param(said(scope="all"), "scope", id="everywhere"),
        pytest.param(said(scope="site:berlin"), "scope", id="a site that left the plan"),
        pytest.param(said(description="  "), "description", id="no words"),
        pytest.param(said(description="x" * 2001), "description", id="too many words"),
        pytest.param(said(severity=""), "severity", id="no severity"),
        pytest.param(said(severity="sev9"), "severity", id="an unknown severity"),
        pytest.param(said(target="soon"), "target", id="no day"),
        pytest.param(said(owner="x" * 2001), "owner", id="a name beyond bounds"),
        pytest.param(changed(), None, id="a change"),
        pytest.param(changed(status="open"), "status", id="nothing changes"),
        pytest.param(changed(status="resolved"), "note", id="resolved without words"),
        pytest.param(changed(issue=f"{HAM}-8"), "note", id="an issue that is not there"),
    ],
)
def test_the_dialog_is_told_which_block_cannot_be_used(world: World, deed: Interaction, block: str | None) -> None:
    apply(world.desk, said(key="dialog/V0"), ONCALL, now=NOW)
    wrong = complaint(world.desk, deed, now=NOW)
    assert (wrong[0] if wrong else None) == block
    applied = apply(world.desk, deed, ONCALL, now=NOW).result is Result.APPLIED
    assert applied is (block is None)


@pytest.mark.parametrize(
    ("fields", "target"),
    [
        pytest.param({"severity": "sev1"}, "2026-11-22", id="as the plan says"),
        pytest.param({"severity": "sev1", "target": "2026-12-24"}, "2026-12-24", id="as the person says"),
        pytest.param({"severity": "sev3"}, None, id="the plan says nothing"),
    ],
)
def test_a_new_issue_without_a_day_gets_the_one_of_its_severity(
    world: World, fields: dict[str, str], target: str | None
) -> None:
    apply(world.desk, said(**fields), ONCALL, now=NOW)
    issue = log(world)[0].issue
    assert (issue.target.isoformat() if issue.target else None) == target


def test_a_group_that_cannot_be_looked_up_keeps_everybody_out(world: World) -> None:
    why = preview(world.desk, said(), Known(), now=NOW).why
    assert why is not None
    assert "only listed users may write into the issue log; the pages and the command line are open" in why
