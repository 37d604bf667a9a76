"""What is due in a phase, most pressing first: pauses, issues, checkpoints, monitoring windows, readiness, the exit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.change import ChangeType
from stopwatch.core.decision import Decision, DecisionState
from stopwatch.core.exit.check import GateVerdict
from stopwatch.core.exit.people import retrospective_check, runbook_check, sign_off_check
from stopwatch.core.hypercare import local_day
from stopwatch.core.readiness import checklist
from stopwatch.web.figures import local, span
from stopwatch.web.reports.rows import decisions_of, issues_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stopwatch.core.hypercare import Checkpoint
    from stopwatch.core.phase import Phase
    from stopwatch.core.story import Story

AHEAD = timedelta(hours=24)
_AWAITED = {
    DecisionState.OPEN: "nobody has answered {id}: acknowledge or confirm it",
    DecisionState.ACKNOWLEDGED: "{id} is acknowledged: confirm, override or roll back",
    DecisionState.CONFIRMED: "{id} is confirmed: it ends by resume, dismiss or roll-back",
    DecisionState.OVERRIDDEN: "{id} is overridden until {until}",
    DecisionState.ROLLED_BACK: "{id} is rolled back, and whether the KPIs come back is being verified",
    DecisionState.FLAGGED: "the roll-back of {id} could not be verified: close it, or roll back further",
}


def due_lines(story: Story, phase: Phase, held: Sequence[Checkpoint]) -> list[str]:
    """Return what is due; *held* are the phase's checkpoints so far."""
    return [
        *_decisions(story, phase),
        *_issues(story, phase),
        *_missed(story, held),
        *_monitoring(story, phase),
        *_items(story, phase),
        *_signs(story, phase),
    ]


def _decisions(story: Story, phase: Phase) -> Iterator[str]:
    for one in decisions_of(story, phase):
        if one.state.live:
            yield _AWAITED[one.state].format(id=one.id, until=_until(story, one))


def _until(story: Story, one: Decision) -> str:
    return local(one.until, ZoneInfo(story.plan.timezone)) if one.until is not None else "further notice"


def _issues(story: Story, phase: Phase) -> Iterator[str]:
    log = [one for one in issues_of(story, phase) if one.issue.open]
    for one in log:
        if one.overdue:
            name = f"issue {one.issue.id} ({one.issue.severity})"
            yield f"{name} was to be resolved by {one.issue.target}; its owner is {one.issue.owner or 'nobody'}"
    for one in log:
        issue, name = one.issue, f"issue {one.issue.id} ({one.issue.severity})"
        today = local_day(story.plan, issue.scope, story.now, ZoneInfo)
        if issue.target is not None and not one.overdue and issue.target <= today + AHEAD:
            day = "today" if issue.target == today else "tomorrow"
            yield f"{name} is to be resolved {day}; its owner is {issue.owner or 'nobody'}"
        if one.unreviewed:
            yield f"{name} was not reviewed for over {span(story.plan.hypercare.reviewed_within)}"
        if not issue.owner:
            yield f"{name} has no owner"


def _missed(story: Story, held: Sequence[Checkpoint]) -> Iterator[str]:
    if held and held[-1].overdue(story.now):
        yield (
            f"the checkpoint of {held[-1].day} was not recorded: stopwatch report checkpoint --phase {held[-1].phase} "
            "--held --present ROLE:NAME"
        )


def _signs(story: Story, phase: Phase) -> Iterator[str]:
    kind = story.plan.change.type
    if kind is ChangeType.STANDARD:
        return
    went_live = min((story.activations[site].at for site in phase.sites if site in story.activations), default=None)
    checks = [sign_off_check(phase, role, story.entries, went_live) for role in phase.exit.sign_offs]
    checks.append(runbook_check(phase, story.entries, went_live))
    if kind is ChangeType.EMERGENCY:
        checks.append(retrospective_check(phase, story.entries, story.now))
    for check in checks:
        if check.verdict is not GateVerdict.PASS:
            yield f"before the exit: {check.text}"


def _items(story: Story, phase: Phase) -> Iterator[str]:
    if story.plan.change.type is not ChangeType.NORMAL:
        return
    for site in phase.sites:
        if site in story.activations:
            continue
        items = checklist(story.plan, site, story.entries, now=story.now)
        unmet = [f"{item.item} ({item.owner or 'nobody'})" for item in items if not item.met]
        if unmet:
            yield f"before {site} goes live, {len(unmet)} of {len(items)} items: {', '.join(unmet)}"


def _monitoring(story: Story, phase: Phase) -> Iterator[str]:
    for window in phase.watch:
        for site in phase.sites:
            if site not in story.activations:
                continue
            zone = ZoneInfo(story.plan.sites[site].timezone)
            starts = window.starts(story.activations[site].at, zone, until=story.now + AHEAD)
            for start in [moment for moment in starts if moment + window.lasts > story.now]:
                begin, end = start.astimezone(zone), (start + window.lasts).astimezone(zone)
                yield f"monitoring at {site} {begin:%a %H:%M}–{end:%H:%M %Z}: {window.who}"
