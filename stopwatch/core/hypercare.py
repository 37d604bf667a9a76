"""Hypercare: which phases are in it, when their daily checkpoints are due, which were held, which issues wait."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stopwatch.core.entry import exit_missing
from stopwatch.core.go_lives import first_activations
from stopwatch.core.issue import Issue, issues, open_issues
from stopwatch.core.kpi import SiteId
from stopwatch.core.ledger import EntryKind
from stopwatch.core.rollout import WIDE_ALL, wide_scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, time, tzinfo

    from stopwatch.core.kpi import PhaseId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.phase import Phase
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import Plan

DAY = timedelta(days=1)
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """
    The checkpoint of one phase on one local day.

    *due* is its time, *missed_at* when it should be recorded, *held* the record that it took place, *reported* the
    report that was made of it.
    """

    phase: PhaseId
    day: date
    due: datetime
    missed_at: datetime
    held: Entry | None = None
    reported: Entry | None = None

    def overdue(self, now: datetime) -> bool:
        """Tell whether nobody recorded it although it should be over."""
        return self.held is None and now >= self.missed_at


def due_at(day: date, at: time, zone: tzinfo) -> datetime:
    """
    Return when a checkpoint is due, in UTC.

    A local time that a change to summer time skips is read by the offset before it, one that comes twice is the first.
    """
    return datetime.combine(day, at, zone).astimezone(UTC)


def newest_due(at: time, zone: tzinfo, *, now: datetime) -> tuple[date, datetime]:
    """Return the day and the time of the newest checkpoint that is due at *now*."""
    day = now.astimezone(zone).date()
    while (due := due_at(day, at, zone)) > now:
        day -= DAY
    return day, due


def in_hypercare(
    plan: Plan, activations: Mapping[SiteId, Activation], entries: Sequence[Entry], *, at: datetime
) -> list[Phase]:
    """Return the phases with a site that had gone live by *at*, be it by a first try, and not passed their exit."""
    known, firsts = [entry for entry in entries if entry.at <= at], first_activations(activations, entries)
    return [phase for phase in plan.phases if live_sites(phase, firsts, at=at) and exit_missing(phase, known)]


def live_sites(phase: Phase, activations: Mapping[SiteId, Activation], *, at: datetime) -> list[SiteId]:
    """Return the sites of *phase* that were live at *at*."""
    return [site for site in phase.sites if site in activations and activations[site].at <= at]


def checkpoint(plan: Plan, phase: PhaseId, day: date, due: datetime, entries: Iterable[Entry]) -> Checkpoint:
    """Return one checkpoint with what was recorded of it."""
    own, missed_at = [entry for entry in entries if entry.scope == phase], due + plan.hypercare.checkpoint_within
    held = [entry for entry in own if entry.kind is EntryKind.CHECKPOINT and entry.item == day.isoformat()]
    told = [entry for entry in own if entry.kind is EntryKind.REPORT and entry.item == report_item(day)]
    return Checkpoint(phase, day, due, missed_at, held[-1] if held else None, told[-1] if told else None)


def checkpoints(
    plan: Plan,
    phase: Phase,
    activations: Mapping[SiteId, Activation],
    entries: Sequence[Entry],
    *,
    zone: tzinfo,
    now: datetime,
) -> list[Checkpoint]:
    """Return every checkpoint of *phase* that was due up to *now*, oldest first, at most those of `MOST_DAYS`."""
    firsts = first_activations(activations, entries)
    began = [firsts[site].at for site in phase.sites if site in firsts]
    if plan.checkpoint is None or not began:
        return []
    day, first = newest_due(plan.checkpoint.at, zone, now=now)[0], min(began)
    found: list[Checkpoint] = []
    for _ in range(MOST_DAYS):
        due = due_at(day, plan.checkpoint.at, zone)
        if due < first:
            break
        if phase in in_hypercare(plan, activations, entries, at=due):
            found.append(checkpoint(plan, phase.id, day, due, entries))
        day -= DAY
    return found[::-1]


def report_item(day: date) -> str:
    """Return by which item of the ledger the checkpoint's report of a day is known."""
    return f"checkpoint/{day.isoformat()}"


def newest_report(entries: Iterable[Entry], phase: PhaseId) -> Entry | None:
    """Return the newest report of a checkpoint of *phase*, None before the first."""
    told = [one for one in entries if one.kind is EntryKind.REPORT and one.scope == phase]
    return max((one for one in told if one.item.startswith("checkpoint/")), key=lambda one: one.number, default=None)


def places_of(phase: Phase) -> set[str]:
    """Return the scopes that speak of the phase or of a site of it; an empty one speaks of the whole rollout."""
    return {"", WIDE_ALL, phase.id, wide_scope(phase.id), *phase.sites}


def reviewed_at(plan: Plan, issue: Issue, entries: Iterable[Entry]) -> datetime:
    """Return when *issue* was last looked at: the newest word on it, or the newest checkpoint that could see it."""
    phases = {phase.id for phase in plan.phases if issue.scope in places_of(phase)}
    held = [one.at for one in entries if one.kind is EntryKind.CHECKPOINT and one.scope in phases]
    return max([issue.changed_at, *held])


@dataclass(frozen=True, slots=True)
class Logged:
    """An issue as the log shows it: whether its target day is over, and whether nobody looked at it lately."""

    issue: Issue
    overdue: bool
    unreviewed: bool


def issue_log(
    plan: Plan,
    activations: Mapping[SiteId, Activation],
    entries: Sequence[Entry],
    *,
    now: datetime,
    zone: Callable[[str], tzinfo],
) -> list[Logged]:
    """Return every issue, open ones first, then worst first, then by age; *zone* returns the time zone of a name."""
    waiting = {issue.id for issue in unreviewed(plan, activations, entries, now=now)}
    found = [
        Logged(issue, issue.overdue(local_day(plan, issue.scope, now, zone)), issue.id in waiting)
        for issue in issues(entries)
    ]
    return sorted(found, key=lambda one: (not one.issue.open, one.issue.severity))


def local_day(plan: Plan, scope: str, now: datetime, zone: Callable[[str], tzinfo]) -> date:
    """Return which day it is at *scope*: at its site, else by the plan's own time zone."""
    site = plan.sites.get(SiteId(scope))
    return now.astimezone(zone(site.timezone if site is not None else plan.timezone)).date()


def missed(
    plan: Plan,
    activations: Mapping[SiteId, Activation],
    entries: Sequence[Entry],
    *,
    now: datetime,
    zone: Callable[[str], tzinfo],
) -> list[Checkpoint]:
    """Return the newest checkpoints of phases in hypercare that nobody recorded although they should be over."""
    if plan.checkpoint is None:
        return []
    day, due = newest_due(plan.checkpoint.at, zone(plan.timezone), now=now)
    found = [checkpoint(plan, one.id, day, due, entries) for one in in_hypercare(plan, activations, entries, at=due)]
    return [one for one in found if one.overdue(now)]


def waiting(
    plan: Plan,
    activations: Mapping[SiteId, Activation],
    entries: Sequence[Entry],
    *,
    now: datetime,
    zone: Callable[[str], tzinfo],
) -> list[tuple[str, str]]:
    """Return what people forgot, each as what it is and in words: checkpoints, reviews, targets of issues."""
    late = missed(plan, activations, entries, now=now, zone=zone)
    log = issue_log(plan, activations, entries, now=now, zone=zone)
    told = {
        "checkpoint": ", ".join(f"{one.phase} of {one.day} overdue" for one in late),
        "issues overdue": ", ".join(one.issue.id for one in log if one.overdue),
        "issues not reviewed": ", ".join(one.issue.id for one in log if one.unreviewed),
    }
    return [(name, words) for name, words in told.items() if words]


def unreviewed(
    plan: Plan, activations: Mapping[SiteId, Activation], entries: Sequence[Entry], *, now: datetime
) -> list[Issue]:
    """Return the open issues of phases in hypercare that nobody looked at in the plan's time, worst first."""
    opened, places = open_issues(entries), set[str]()
    for phase in in_hypercare(plan, activations, entries, at=now) if opened else ():
        places |= places_of(phase)
    return [
        issue
        for issue in opened
        if issue.scope in places and now - reviewed_at(plan, issue, entries) > plan.hypercare.reviewed_within
    ]
