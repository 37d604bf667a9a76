"""What is due in a phase: sign-offs, runbooks, readiness, issues, checkpoints that were missed, monitoring windows."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.change import ChangeType
from stopwatch.core.exit.check import GateVerdict
from stopwatch.core.exit.people import runbook_check, sign_off_check
from stopwatch.core.readiness import checklist
from stopwatch.web.reports.rows import issues_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stopwatch.core.hypercare import Checkpoint
    from stopwatch.core.phase import Phase
    from stopwatch.core.story import Story

AHEAD = timedelta(hours=24)


def due_lines(story: Story, phase: Phase, held: Sequence[Checkpoint]) -> list[str]:
    """Return what is due, most pressing first; *held* are the phase's checkpoints so far."""
    return [
        *_issues(story, phase),
        *_missed(story, held),
        *_signs(story, phase),
        *_items(story, phase),
        *_monitoring(story, phase),
    ]


def _issues(story: Story, phase: Phase) -> Iterator[str]:
    for one in issues_of(story, phase):
        issue = one.issue
        if one.overdue:
            who = issue.owner or "nobody"
            yield f"issue {issue.id} ({issue.severity}) was to be resolved by {issue.target}; its owner is {who}"
        if one.unreviewed:
            yield f"issue {issue.id} ({issue.severity}) was not reviewed for over a day"


def _missed(story: Story, held: Sequence[Checkpoint]) -> Iterator[str]:
    if held and held[-1].overdue(story.now):
        yield (
            f"the checkpoint of {held[-1].day} was not recorded: stopwatch report checkpoint --phase {held[-1].phase} "
            "--held --present ROLE:NAME"
        )


def _signs(story: Story, phase: Phase) -> Iterator[str]:
    if story.plan.change.type is ChangeType.STANDARD:
        return
    went_live = min((story.activations[site].at for site in phase.sites if site in story.activations), default=None)
    checks = [sign_off_check(phase, role, story.entries, went_live) for role in phase.exit.sign_offs]
    for check in (*checks, runbook_check(phase, story.entries, went_live)):
        if check.verdict is not GateVerdict.PASS:
            yield f"before the exit: {check.text}"


def _items(story: Story, phase: Phase) -> Iterator[str]:
    for site in phase.sites:
        if site not in story.activations:
            for item in checklist(story.plan, site, story.entries, now=story.now):
                if not item.met:
                    yield f"before {site} goes live: {item.item} ({item.owner or 'nobody'}): {item.why}"


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
