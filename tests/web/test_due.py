"""What is due at a checkpoint: pauses that wait first, then issues, checkpoints, monitoring, readiness, the exit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stopwatch.core.change import ChangeRecord, ChangeType
from stopwatch.core.decision import DecisionState
from stopwatch.core.phase import AutomaticItem
from stopwatch.core.story import Story
from stopwatch.web.reports.due import due_lines
from tests.core.hypercare import PILOT, WAVE, issue_entry
from tests.web.rollout_story import NOW, at, decision, story


@pytest.mark.parametrize(
    ("state", "words"),
    [
        pytest.param(DecisionState.OPEN, "nobody has answered ID: acknowledge or confirm it", id="open"),
        pytest.param(
            DecisionState.ACKNOWLEDGED, "ID is acknowledged: confirm, override or roll back", id="acknowledged"
        ),
        pytest.param(
            DecisionState.CONFIRMED, "ID is confirmed: it ends by resume, dismiss or roll-back", id="confirmed"
        ),
        pytest.param(DecisionState.OVERRIDDEN, "ID is overridden until 2026-11-23 13:00 CET", id="overridden"),
        pytest.param(
            DecisionState.ROLLED_BACK,
            "ID is rolled back, and whether the KPIs come back is being verified",
            id="rolled back",
        ),
        pytest.param(
            DecisionState.FLAGGED,
            "the roll-back of ID could not be verified: close it, or roll back further",
            id="flagged",
        ),
    ],
)
def test_a_pause_that_waits_is_due_before_everything_else(state: DecisionState, words: str) -> None:
    live = replace(decision(), state=state, ended_at=None, until=at(23, 12))
    assert due_lines(replace(story(), decisions=(live,)), PILOT, [])[0] == words.replace("ID", live.id)


def test_every_live_state_says_what_it_waits_for() -> None:
    for state in DecisionState:
        if state.live:
            live = replace(decision(), state=state, ended_at=None)
            assert live.id in due_lines(replace(story(), decisions=(live,)), PILOT, [])[0]


@pytest.mark.parametrize(
    ("target", "owner", "words"),
    [
        pytest.param(
            "2026-11-23", "Mia", "issue ham-01-1 (sev2) is to be resolved today; its owner is Mia", id="today"
        ),
        pytest.param(
            "2026-11-24", "Mia", "issue ham-01-1 (sev2) is to be resolved tomorrow; its owner is Mia", id="tomorrow"
        ),
        pytest.param("2026-12-24", None, "issue ham-01-1 (sev2) has no owner", id="nobody's"),
    ],
)
def test_an_issue_is_due_on_its_day_and_the_day_before_and_while_it_is_nobodys(
    target: str, owner: str | None, words: str
) -> None:
    known = (issue_entry(7, target=target, owner=owner, at=NOW),)
    assert words in due_lines(replace(story(), entries=known), PILOT, [])


def test_an_issue_of_another_day_with_an_owner_is_not_due() -> None:
    known = (issue_entry(7, target="2026-11-25", owner="Mia", at=NOW),)
    assert [line for line in due_lines(replace(story(), entries=known), PILOT, []) if "issue" in line] == []


def test_what_a_site_lacks_is_one_line_and_an_emergency_owes_its_retrospective_instead() -> None:
    lacking = [line for line in due_lines(_demanding(ChangeType.NORMAL), WAVE, []) if line.startswith("before lodz")]
    assert lacking == ["before lodz goes live, 1 of 1 items: drill (operations)"]
    rushed = due_lines(_demanding(ChangeType.EMERGENCY), WAVE, [])
    assert [line for line in rushed if line.startswith("before lodz")] == []
    assert any(line.startswith("before the exit: the retrospective of the emergency change") for line in rushed)


def _demanding(kind: ChangeType) -> Story:
    """The story, whose second phase demands a drill."""
    whole = story()
    phases = (PILOT, replace(WAVE, automatic=(AutomaticItem.DRILL,)))
    plan = replace(whole.plan, phases=phases, change=ChangeRecord(kind))
    return replace(whole, rule_set=replace(whole.rule_set, plan=plan))
