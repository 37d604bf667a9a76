"""Hypercare in numbers: open issues by site and severity, what is overdue, and how checkpoints go by phase."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.hypercare import in_hypercare, issue_log, missed
from stopwatch.core.issue import SEVERITIES
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from stopwatch.core.hypercare import Logged
    from stopwatch.core.ledger import Entry
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import Plan

OTHER = "other"
"""Stands for a severity that nobody knows."""


@dataclass(frozen=True, slots=True)
class IssueCounts:
    """
    How many issues of *scope* (a site of *phase*, or the phase itself) are open, by severity, and which wait.

    *open* has every severity, also with 0.
    """

    scope: str
    phase: PhaseId
    open: Mapping[str, int]
    overdue: int
    unreviewed: int


@dataclass(frozen=True, slots=True)
class CheckpointStatus:
    """When a checkpoint of a phase in hypercare was recorded last, if ever, and whether the newest one is overdue."""

    phase: PhaseId
    held_at: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class HypercareStatus:
    """Everything of hypercare that is counted: scopes of the plan that have an issue, phases that have checkpoints."""

    issues: tuple[IssueCounts, ...] = ()
    checkpoints: tuple[CheckpointStatus, ...] = ()


def hypercare_status(
    plan: Plan,
    activations: Mapping[SiteId, Activation],
    entries: Sequence[Entry],
    *,
    now: datetime,
    zone: Callable[[str], tzinfo],
) -> HypercareStatus:
    """Count; *zone* returns the time zone of a name."""
    by_scope: dict[str, list[Logged]] = {}
    for logged in issue_log(plan, activations, entries, now=now, zone=zone):
        by_scope.setdefault(logged.issue.scope, []).append(logged)
    counts = [
        _counts(scope, phase, log) for scope, log in by_scope.items() if (phase := _phase(plan, scope)) is not None
    ]
    return HypercareStatus(tuple(counts), tuple(_checkpoints(plan, activations, entries, now=now, zone=zone)))


def _checkpoints(
    plan: Plan,
    activations: Mapping[SiteId, Activation],
    entries: Sequence[Entry],
    *,
    now: datetime,
    zone: Callable[[str], tzinfo],
) -> list[CheckpointStatus]:
    if plan.checkpoint is None:
        return []
    late = {one.phase for one in missed(plan, activations, entries, now=now, zone=zone)}
    found = []
    for phase in in_hypercare(plan, activations, entries, at=now):
        held = [one.at for one in entries if one.kind is EntryKind.CHECKPOINT and one.scope == phase.id]
        found.append(CheckpointStatus(phase.id, max(held, default=None), phase.id in late))
    return found


def _counts(scope: str, phase: PhaseId, log: list[Logged]) -> IssueCounts:
    known = Counter(one.issue.severity if one.issue.severity in SEVERITIES else OTHER for one in log if one.issue.open)
    overdue, unreviewed = sum(one.overdue for one in log), sum(one.unreviewed for one in log)
    return IssueCounts(scope, phase, dict.fromkeys(SEVERITIES, 0) | known, overdue, unreviewed)


def _phase(plan: Plan, scope: str) -> PhaseId | None:
    """Return the phase of a site, or the phase itself; None for what left the plan."""
    site = plan.sites.get(SiteId(scope))
    if site is not None:
        return site.phase
    return PhaseId(scope) if plan.phase(PhaseId(scope)) is not None else None
