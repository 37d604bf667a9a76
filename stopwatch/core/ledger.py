"""The ledger: what people record in a rollout, entry by entry; everything told about a rollout is a function of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


class EntryKind(StrEnum):
    """What an entry records."""

    DONE = "done"
    SIGN_OFF = "sign_off"
    REHEARSAL = "rehearsal"
    RUNBOOK = "runbook"
    BASELINE = "baseline"
    ISSUE = "issue"
    CHECKPOINT = "checkpoint"
    JUDGEMENT = "judgement"
    GO = "go"
    DRILL = "drill"
    APPROVAL = "approval"
    LINKS = "links"
    ACTIVATION = "activation"
    VERIFICATION = "verification"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One thing that somebody recorded, never changed afterwards; a later entry may take its place.

    *number* counts all entries of the records from 1; 0 until it is recorded. *scope* is what it is about: a site, a
    phase, a decision, or a wide scope. *item* tells apart entries of one kind and scope: a readiness item, a role, an
    issue's id; often empty. *body* holds JSON values and never a secret. *actor* is spelt as in the audit.
    """

    number: int
    rollout: str
    kind: EntryKind
    scope: str
    item: str
    body: Mapping[str, object]
    actor: str
    at: datetime


def entry(
    rollout: str,
    kind: EntryKind,
    scope: str,
    item: str = "",
    *,
    body: Mapping[str, object] | None = None,
    actor: str,
    at: datetime,
) -> Entry:
    """Make an entry that is not recorded yet."""
    return Entry(0, rollout, kind, scope, item, body or {}, actor, at)


def newest(entries: Iterable[Entry], kind: EntryKind, scope: str, item: str | None = None) -> Entry | None:
    """Return the entry that was recorded last of that kind and scope, and of that *item* if one is named."""
    found = [
        each for each in entries if each.kind is kind and each.scope == scope and (item is None or each.item == item)
    ]
    return max(found, key=lambda each: each.number, default=None)
