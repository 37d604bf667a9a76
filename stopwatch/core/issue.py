"""The issue log: the newest version of every issue with its history, read out of the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.errors import ActIncompleteError
from stopwatch.core.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from stopwatch.core.ledger import Entry

SEVERITIES = ("sev1", "sev2", "sev3", "sev4")
"""From worst to least."""
MEANINGS = {
    "sev1": "Work stands: orders do not leave the site.",
    "sev2": "A main flow fails; only a workaround keeps it going.",
    "sev3": "Something is wrong, and work goes on.",
    "sev4": "A blemish or a wish; nobody is held up.",
}
"""What each severity says, for whoever has to choose one."""
SEVERE = frozenset({"sev1", "sev2"})
"""Severities that no gate passes with."""
FIELDS = ("description", "severity", "status", "workaround", "owner", "target", "attributable")
"""What an issue says of itself, in the order in which it is told."""
LONGEST = 2000


class IssueStatus(StrEnum):
    """``mitigated``: a workaround keeps the warehouse going; it counts as open until it is ``resolved``."""

    OPEN = "open"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Version:
    """One entry of an issue's history: who, when, what it changed (``severity sev2 → sev3``), and the note."""

    at: datetime
    actor: str
    changes: tuple[str, ...]
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """
    An issue as its newest entry leaves it.

    *scope* is its site or phase, *severity* sev1 (worst) to sev4, *target* the day by which it is to be resolved,
    *attributable* whether the change caused it. *history* is oldest first and never empty.
    """

    id: str
    scope: str
    severity: str
    description: str
    status: str
    workaround: str | None
    owner: str | None
    target: date | None
    attributable: bool
    history: tuple[Version, ...]
    resolved_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it is not resolved; a status nobody knows is open, too."""
        return self.status != IssueStatus.RESOLVED

    @property
    def severe(self) -> bool:
        """Whether it keeps a phase from passing its gate; a severity nobody knows does, too."""
        return self.severity in SEVERE or self.severity not in SEVERITIES

    @property
    def opened_at(self) -> datetime:
        """When it was first written down."""
        return self.history[0].at

    @property
    def opened_by(self) -> str:
        """Who wrote it down first."""
        return self.history[0].actor

    @property
    def changed_at(self) -> datetime:
        """When somebody last said something of it."""
        return self.history[-1].at

    @property
    def changed_by(self) -> str:
        """Who said something of it last."""
        return self.history[-1].actor

    def overdue(self, today: date) -> bool:
        """Tell whether it is open although its target day is over; *today* is the day where its site is."""
        return self.open and self.target is not None and self.target < today


def issues(entries: Iterable[Entry]) -> list[Issue]:
    """Return every issue by its newest entry, in the order in which they were opened."""
    versions: dict[str, list[Entry]] = {}
    noted = (entry for entry in entries if entry.kind is EntryKind.ISSUE)
    for entry in sorted(noted, key=lambda each: each.number):
        versions.setdefault(entry.item, []).append(entry)
    return [_issue(found) for found in versions.values()]


def open_issues(entries: Iterable[Entry]) -> list[Issue]:
    """Return the issues that are open by their newest entry, worst first, then by their first entry."""
    return sorted((issue for issue in issues(entries) if issue.open), key=lambda issue: issue.severity)


def next_id(entries: Iterable[Entry], scope: str) -> str:
    """Return the id of the next issue of *scope*: ``ham-01-1``, then ``ham-01-2``."""
    return f"{scope}-{len({one.item for one in entries if one.kind is EntryKind.ISSUE and one.scope == scope}) + 1}"


def written(before: Mapping[str, object] | None, asked: Mapping[str, object], *, identity: str) -> dict[str, object]:
    """
    Return the body of an issue's next entry.

    Args:
        before: The body of its newest entry, None for a new issue.
        asked: What is said of it now, any of `FIELDS`; an empty text takes a workaround, an owner or a target back.
        identity: Its id.

    Raises:
        ActIncompleteError: A field is missing or unusable, or nothing would change and nothing is noted.

    """
    fresh: dict[str, object] = {"status": IssueStatus.OPEN.value, "attributable": False}
    body: dict[str, object] = {"id": identity, **dict.fromkeys(FIELDS), **(fresh if before is None else before)}
    body.pop("note", None)
    given = {name: _given(name, value) for name, value in asked.items() if name in FIELDS and value is not None}
    after = body | given
    note = str(asked.get("note") or "").strip()[:LONGEST] or None
    if before is not None and after == body and note is None:
        raise ActIncompleteError("status", "nothing would change; say what (status, severity, …), or add a note")
    if not after["description"]:
        raise ActIncompleteError("text", "say what is wrong")
    if not after["severity"]:
        raise ActIncompleteError("severity", f"say how bad it is: {', '.join(SEVERITIES)}")
    return after | ({"note": note} if note else {})


def _given(name: str, value: object) -> object:
    """Return one field as it is kept: text trimmed, an empty one as None, days as ISO 8601."""
    if name == "attributable":
        return bool(value)
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).strip()
    if len(text) > LONGEST:
        raise ActIncompleteError(name, f"has {len(text)} characters, {LONGEST} at most")
    if name == "severity" and text not in SEVERITIES:
        raise ActIncompleteError(name, f"{text!r} is none of {', '.join(SEVERITIES)}")
    if name == "status" and text not in list(IssueStatus):
        raise ActIncompleteError(name, f"{text!r} is none of {', '.join(IssueStatus)}")
    if name == "target" and text and _day(text) is None:
        raise ActIncompleteError(name, f"{text!r} is no day; write 2026-11-30")
    return text or None


def _issue(entries: list[Entry]) -> Issue:
    newest = entries[-1]
    body = newest.body
    status = str(body.get("status") or IssueStatus.OPEN)
    resolved = [one.at for one in entries if one.body.get("status") == IssueStatus.RESOLVED]
    history = tuple(_version(before, entry) for before, entry in zip([None, *entries], entries, strict=False))
    return Issue(
        newest.item,
        newest.scope,
        str(body.get("severity") or ""),
        str(body.get("description") or ""),
        status,
        _text(body.get("workaround")),
        _text(body.get("owner")),
        _day(str(body.get("target") or "")),
        body.get("attributable") is True,
        history,
        _since_resolved(entries) if resolved and status == IssueStatus.RESOLVED else None,
    )


def _since_resolved(entries: list[Entry]) -> datetime:
    """Return when it was resolved for the last time: the first of the resolved entries at the end."""
    at = entries[-1].at
    for entry in reversed(entries):
        if entry.body.get("status") != IssueStatus.RESOLVED:
            break
        at = entry.at
    return at


def _version(before: Entry | None, entry: Entry) -> Version:
    if before is None:
        changes: tuple[str, ...] = ("opened",)
    else:
        changed = [name for name in FIELDS if before.body.get(name) != entry.body.get(name)]
        changes = tuple(f"{name} {_told(before.body.get(name))} → {_told(entry.body.get(name))}" for name in changed)
    return Version(entry.at, entry.actor, changes, _text(entry.body.get("note")))


def _told(value: object) -> str:
    words = {True: "yes", False: "no", None: "none"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


def _text(value: object) -> str | None:
    return str(value) if value else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
