"""The issue log as far as gates read it: the newest version of every issue, and which of them are still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.core.ledger import Entry

RESOLVED = "resolved"
SEVERE = frozenset({"sev1", "sev2"})
"""Severities that no gate passes with."""


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """An issue that is not resolved; *scope* is its site, *severity* sev1 (worst) to sev4."""

    id: str
    scope: str
    severity: str
    description: str
    owner: str | None = None

    @property
    def severe(self) -> bool:
        """Whether it keeps a phase from passing its gate; a severity nobody knows does, too."""
        return self.severity in SEVERE or self.severity not in {"sev3", "sev4"}


def open_issues(entries: Iterable[Entry]) -> list[OpenIssue]:
    """Return the issues that are open by their newest entry, worst first, then by their first entry."""
    newest: dict[str, Entry] = {}
    for entry in sorted(entries, key=lambda each: each.number):
        if entry.kind is EntryKind.ISSUE:
            newest[entry.item] = entry
    found = [_issue(entry) for entry in newest.values() if entry.body.get("status") != RESOLVED]
    return sorted(found, key=lambda issue: issue.severity)


def _issue(entry: Entry) -> OpenIssue:
    owner = entry.body.get("owner")
    return OpenIssue(
        entry.item,
        entry.scope,
        str(entry.body.get("severity", "")),
        str(entry.body.get("description", "")),
        str(owner) if owner else None,
    )
