"""The issue log as people keep it: writing down what is wrong, saying what became of it, reading it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.errors import ActIncompleteError, IssueNotFoundError, IssueStaleError
from stopwatch.core.hypercare import Logged, issue_log, local_day
from stopwatch.core.issue import IssueStatus, next_id, written
from stopwatch.core.kpi import PhaseId
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.watch.noting import record_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from stopwatch.core.ledger import Entry
    from stopwatch.core.rollout import Plan
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.ports import Reader, Writer


@dataclass(frozen=True, slots=True)
class IssueAsked:
    """
    What somebody says of an issue: of a new one at *place* (a site or a phase), or of the one called *identity*.

    *said* holds any of ``core.issue.FIELDS`` and a ``note``; None leaves a field as it is. *mark* tells a deed from
    its repetition: with the same one an entry is written once. *seen* is how many entries of the issue the person saw,
    None where that cannot be known. *origin* is what proves who asked, for the audit.
    """

    actor: str
    place: str | None = None
    identity: str | None = None
    said: Mapping[str, object] = field(default_factory=dict)
    mark: str | None = None
    seen: int | None = None
    origin: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The next entry of the issue called *identity*, and its act; no entry where the same deed is written already."""

    identity: str
    act: str = ""
    made: Entry | None = None


def say(desk: Desk, asked: IssueAsked, *, transport: str, now: datetime) -> Logged:
    """
    Write down a new issue, or what became of a known one.

    Raises:
        ActIncompleteError: No such place, a field is missing or unusable, or nothing would change.
        IssueNotFoundError: No issue has that id.
        IssueStaleError: Somebody said something of the issue since the person looked.
        StoreError: It could not be written; nothing changed.

    """
    with desk.store.writing() as tx:
        return say_in(tx, desk, asked, transport=transport, now=now)


def say_in(tx: Writer, desk: Desk, asked: IssueAsked, *, transport: str, now: datetime) -> Logged:
    """Do as `say` does as a part of the transaction *tx*; what it raises it raises before it writes."""
    plan = desk.rule_set.plan
    drafted = draft(tx, plan, asked, now=now)
    if drafted.made is not None:
        reason = _text(asked.said.get("note"))
        record_in(tx, drafted.made, transport=transport, reason=reason, act=drafted.act, origin=asked.origin)
    return _logged(tx, plan, drafted.identity, now)


def draft(view: Reader, plan: Plan, asked: IssueAsked, *, now: datetime) -> Draft:
    """Return what `say` would write; raises what it raises, but for what only writing shows."""
    known = view.entries(plan.rollout, kind=EntryKind.ISSUE)
    repeated = next((one for one in known if asked.mark is not None and one.body.get("mark") == asked.mark), None)
    if repeated is not None:
        return Draft(repeated.item)
    said, identity, before = dict(asked.said), asked.identity, None
    if identity is None:
        scope = _place(plan, asked.place)
        identity = next_id(known, scope)
        if said.get("target") is None:
            said["target"] = _target(plan, scope, said.get("severity"), now)
    else:
        versions = [one for one in known if one.item == identity]
        if not versions:
            raise IssueNotFoundError(f"no issue {identity}; stopwatch issues list shows all")
        scope, before = versions[-1].scope, versions[-1].body
        if asked.seen not in {None, len(versions)}:
            raise IssueStaleError(f"{versions[-1].actor} changed {identity} since you looked; open it again")
    body = written(before, said, identity=identity)
    body.pop("mark", None)
    if asked.mark is not None:
        body["mark"] = asked.mark
    resolved = body.get("status") == IssueStatus.RESOLVED
    act = "issue.open" if before is None else "issue.resolve" if resolved else "issue.update"
    made = entry(plan.rollout, EntryKind.ISSUE, scope, identity, body=body, actor=asked.actor, at=now)
    return Draft(identity, act, made)


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


def _target(plan: Plan, scope: str, severity: object, now: datetime) -> date | None:
    """Return by which day the plan wants an issue of that severity resolved, where the issue is."""
    within = plan.hypercare.targets.get(str(severity))
    return local_day(plan, scope, now + within, ZoneInfo) if within is not None else None


def _text(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None
