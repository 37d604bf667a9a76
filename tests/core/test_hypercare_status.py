"""Hypercare in numbers: by site and severity, overdue and not reviewed, checkpoints by phase, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from stopwatch.core.hypercare_status import CheckpointStatus, HypercareStatus, IssueCounts, hypercare_status
from stopwatch.core.ledger import Entry, EntryKind
from tests.core.hypercare import HAM, LIVE, NOW, PILOT, PLAN, held, issue_entry

DAY = timedelta(days=1)


def counted(entries: list[Entry], days: float = 0.0) -> HypercareStatus:
    """Count so many days later."""
    return hypercare_status(PLAN, LIVE, entries, now=NOW + days * DAY, zone=ZoneInfo)


def test_issues_are_counted_by_where_they_are_and_how_bad() -> None:
    entries = [
        issue_entry(1, target="2026-11-21"),
        issue_entry(2, "ham-01-2", severity="sev4"),
        issue_entry(3, "ham-01-3", severity="sev4", status="resolved", target="2026-11-21"),
        issue_entry(4, "pilot-1", scope="pilot", severity="dire"),
        issue_entry(5, "gone-1", scope="gone"),
    ]
    none = {"sev1": 0, "sev2": 0, "sev3": 0, "sev4": 0}
    assert counted(entries, days=2).issues == (
        IssueCounts("pilot", PILOT.id, {**none, "other": 1}, overdue=0, unreviewed=1),
        IssueCounts(HAM, PILOT.id, {**none, "sev2": 1, "sev4": 1}, overdue=1, unreviewed=2),
    )


def test_a_site_whose_issues_are_resolved_counts_none() -> None:
    (counts,) = counted([issue_entry(1, status="resolved")]).issues
    assert (sum(counts.open.values()), counts.overdue, counts.unreviewed) == (0, 0, 0)
    assert counted([]).issues == ()


@pytest.mark.parametrize(
    ("entries", "days", "found"),
    [
        pytest.param([], 0, (CheckpointStatus(PILOT.id, None, overdue=False),), id="not late yet"),
        pytest.param([], 0.2, (CheckpointStatus(PILOT.id, None, overdue=True),), id="four hours after its time"),
        pytest.param(
            [held(1, at=NOW, day="2026-11-21")], 0.2, (CheckpointStatus(PILOT.id, NOW, overdue=False),), id="held"
        ),
        pytest.param(
            [Entry(1, "r", EntryKind.GO, "pilot", "go", {"go": True}, "cli:ida", NOW)], 1, (), id="the phase was left"
        ),
    ],
)
def test_checkpoints_are_told_of_the_phases_in_hypercare(
    entries: list[Entry], days: float, found: tuple[CheckpointStatus, ...]
) -> None:
    assert counted(entries, days=days).checkpoints == found


def test_a_plan_without_checkpoints_owes_none() -> None:
    assert hypercare_status(replace(PLAN, checkpoint=None), LIVE, [], now=NOW, zone=ZoneInfo).checkpoints == ()
