"""The issue log as JSON and as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339
from stopwatch.core.spreadsheet import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.core.hypercare import Logged

_COLUMNS = (
    *("id", "site", "severity", "status", "description", "workaround", "owner", "target", "overdue", "unreviewed"),
    *("attributable", "opened_at", "opened_by", "changed_at", "changed_by", "resolved_at"),
)


def issue_json(logged: Logged) -> dict[str, object]:
    """Write one issue with its history; *site* is a phase where the issue is one of a whole phase."""
    issue = logged.issue
    return {
        "id": issue.id,
        "site": issue.scope,
        "severity": issue.severity,
        "status": issue.status,
        "description": issue.description,
        "workaround": issue.workaround,
        "owner": issue.owner,
        "target": issue.target.isoformat() if issue.target is not None else None,
        "overdue": logged.overdue,
        "unreviewed": logged.unreviewed,
        "attributable": issue.attributable,
        "opened_at": rfc3339(issue.opened_at),
        "opened_by": issue.opened_by,
        "changed_at": rfc3339(issue.changed_at),
        "changed_by": issue.changed_by,
        "resolved_at": rfc3339(issue.resolved_at) if issue.resolved_at is not None else None,
        "history": [
            {"at": rfc3339(one.at), "actor": one.actor, "changes": list(one.changes), "note": one.note}
            for one in issue.history
        ],
    }


def issues_json(log: Iterable[Logged]) -> dict[str, object]:
    """Write a log."""
    return {"issues": [issue_json(logged) for logged in log]}


def issues_csv(log: Iterable[Logged]) -> str:
    """Write a log as CSV that no spreadsheet computes; without histories."""
    return csv_text(_COLUMNS, ([_cell(issue_json(logged)[name]) for name in _COLUMNS] for logged in log))


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
