"""The issue log as people keep it: writing down what is wrong, saying what became of it, reading it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.errors import ActIncompleteError, IssueNotFoundError
from stopwatch.core.hypercare import Logged, issue_log
from stopwatch.core.issue import IssueStatus, next_id, written
from stopwatch.core.kpi import PhaseId
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.watch.noting import record_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.rollout import Plan
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.ports import Reader, Writer


@dataclass(frozen=True, slots=True)
class IssueAsked:
    """
    What somebody says of an issue: of a new one at *place* (a site or a phase), or of the one called *identity*.

    *said* holds any of ``core.issue.FIELDS`` and a ``note``; None leaves a field as it is. *mark* tells a deed from
    its repetition: with the same one an issue is opened once.
    """

    actor: str
    place: str | None = None
    identity: str | None = None
    said: Mapping[str, object] = field(default_factory=dict)
    mark: str | None = None


def say(desk: Desk, asked: IssueAsked, *, transport: str, now: datetime) -> Logged:
    """
    Write down a new issue, or what became of a known one.

    Raises:
        ActIncompleteError: No such place, a field is missing or unusable, or nothing would change.
        IssueNotFoundError: No issue has that id.
        StoreError: It could not be written; nothing changed.

    """
    with desk.store.writing() as tx:
        return say_in(tx, desk, asked, transport=transport, now=now)


def say_in(tx: Writer, desk: Desk, asked: IssueAsked, *, transport: str, now: datetime) -> Logged:
    """Do as `say` does as a part of the transaction *tx*; what it raises it raises before it writes."""
    plan = desk.rule_set.plan
    known = tx.entries(plan.rollout, kind=EntryKind.ISSUE)
    scope, identity, before = "", asked.identity, None
    if identity is None:
        scope = _place(plan, asked.place)
        repeated = [one.item for one in known if asked.mark is not None and one.body.get("mark") == asked.mark]
        if repeated:
            return _logged(tx, plan, repeated[0], now)
        identity = next_id(known, scope)
    else:
        newest = next((one for one in reversed(known) if one.item == identity), None)
        if newest is None:
            raise IssueNotFoundError(f"no issue {identity}; stopwatch issues list shows all")
        scope, before = newest.scope, newest.body
    body = written(before, asked.said, identity=identity)
    if asked.mark is not None and before is None:
        body["mark"] = asked.mark
    resolved = body.get("status") == IssueStatus.RESOLVED
    act = "issue.open" if before is None else "issue.resolve" if resolved else "issue.update"
    made = entry(plan.rollout, EntryKind.ISSUE, scope, identity, body=body, actor=asked.actor, at=now)
    record_in(tx, made, transport=transport, reason=_text(asked.said.get("note")), act=act)
    return _logged(tx, plan, identity, now)


def log_of(view: Reader, plan: Plan, *, now: datetime) -> list[Logged]:
    """
    Read the whole issue log, open issues first, worst first.

    Raises:
        StoreError: The records could not be read.

    """
    return issue_log(plan, view.activations(plan.rollout), view.entries(plan.rollout), now=now, zone=ZoneInfo)


def _logged(view: Reader, plan: Plan, identity: str, now: datetime) -> Logged:
    return next(logged for logged in log_of(view, plan, now=now) if logged.issue.id == identity)


def _place(plan: Plan, place: str | None) -> str:
    if place is None or (place not in plan.sites and plan.phase(PhaseId(place)) is None):
        raise ActIncompleteError("site", f"the plan has no site {place or ''}; it has {', '.join(plan.sites)}")
    return place


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None
