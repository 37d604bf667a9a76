"""From the inbox to the commands: who may, what was asked, and what became of it, told in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from stopwatch.core.acts import ActRequest, admit, perform
from stopwatch.core.decision import RETURNS_TO_OPEN, Link
from stopwatch.core.errors import ActIllegalError, ActIncompleteError, ActStaleError, DecisionNotFoundError
from stopwatch.core.inbox import Interaction, Receipt, Result
from stopwatch.core.records import AuditEntry
from stopwatch.core.state import Reported
from stopwatch.watch.commands import act
from stopwatch.watch.rights import obstacle
from stopwatch.watch.sight import sight_of

if TYPE_CHECKING:
    from stopwatch.core.decision import Decision
    from stopwatch.core.kpi import RuleId
    from stopwatch.watch.commands import Desk
    from stopwatch.watch.rights import Groups

SLACK = "slack"
BLOCKS = {"until": "end", "links": "link"}
"""Where a dialog's block is named otherwise than the field of the act."""

_LINK_MOST = 2000


class Inbox(Protocol):
    """Deeds of people; every call is one transaction of its own and raises StoreError if it cannot be written."""

    def receive(self, deed: Interaction, *, now: datetime, result: Result | None = None) -> Receipt:
        """Commit a deed before it is answered; without a *result* it waits to be applied."""
        ...

    def waiting(self) -> list[tuple[Interaction, datetime]]:
        """Return the deeds that wait with the times of their arrival, oldest first."""
        ...

    def finish(self, key: str, result: Result, *, now: datetime) -> None:
        """Write down what became of a deed."""
        ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a deed; *why* says, where nothing changed, why not, and *decision* is how it stands now."""

    deed: Interaction
    result: Result
    decision: Decision | None = None
    why: str | None = None

    @property
    def told(self) -> bool:
        """Whether the person must be told; who repeats himself and who succeeded sees it on the card."""
        return self.result not in {Result.APPLIED, Result.REPEATED}


def apply(desk: Desk, deed: Interaction, groups: Groups, *, now: datetime) -> Outcome:
    """
    Do what a person asked for, or refuse it; a deed that was applied before it could be noted is recognised.

    Raises:
        StoreError: The records could not be read or written; nothing changed.

    """
    before = _standing(desk, deed)
    if before is not None and _done(before, deed):
        return Outcome(deed, Result.REPEATED, before)
    refusal = _refused(desk, deed, before, groups, now)
    if refusal is not None:
        return refusal
    try:
        request = request_of(deed)
        after = act(desk, deed.decision, request, transport=SLACK, now=now, origin=_origin(deed))
    except ActIncompleteError as error:
        return Outcome(deed, Result.INCOMPLETE, before, str(error))
    except ActStaleError as error:
        return Outcome(deed, Result.STALE, _standing(desk, deed), str(error))
    except (ActIllegalError, DecisionNotFoundError) as error:
        return Outcome(deed, Result.ILLEGAL, _standing(desk, deed), str(error))
    return Outcome(deed, Result.APPLIED, after)


def preview(desk: Desk, deed: Interaction, groups: Groups, *, now: datetime) -> Outcome:
    """
    Judge, before a dialog is opened, whether the person may act and the decision still takes it: asked if so.

    Raises:
        StoreError: The records could not be read, or a refusal could not be written.

    """
    with desk.store.reading() as view:
        before = view.decision(deed.decision)
        sight = sight_of(view, desk.rule_set, before.site if before else None, now)
    if before is None:
        return Outcome(deed, Result.ILLEGAL, None, f"no decision {deed.decision}")
    refusal = _refused(desk, deed, before, groups, now)
    if refusal is not None:
        return refusal
    try:
        admit(before, ActRequest(deed.act, deed.actor, rev=deed.rev, shown=deed.shown), sight=sight)
    except ActStaleError as error:
        return Outcome(deed, Result.STALE, before, str(error))
    except ActIllegalError as error:
        return Outcome(deed, Result.ILLEGAL, before, str(error))
    return Outcome(deed, Result.ASKED, before)


def complaint(desk: Desk, deed: Interaction, *, now: datetime) -> tuple[str, str] | None:
    """
    Return the dialog's block that cannot be used and why, None if all can; whatever else is wrong shows when applied.

    Raises:
        StoreError: The records could not be read.

    """
    with desk.store.reading() as view:
        before = view.decision(deed.decision)
        sight = sight_of(view, desk.rule_set, before.site if before else None, now)
    if before is None:
        return None
    try:
        perform(before, request_of(deed), now=now, sight=sight, override_max=desk.rule_set.plan.override_max)
    except ActIncompleteError as error:
        return BLOCKS.get(error.field, error.field), str(error)
    except (ActStaleError, ActIllegalError):
        return None
    return None


def request_of(deed: Interaction) -> ActRequest:
    """
    Return what was asked for, as every transport asks.

    Raises:
        ActIncompleteError: The end is no instant or the link no web address.

    """
    fields = {name: value.strip() for name, value in deed.fields.items() if value.strip()}
    return ActRequest(
        act=deed.act,
        actor=deed.actor,
        reason=fields.get("reason"),
        rev=deed.rev,
        shown=deed.shown,
        category=fields.get("category"),
        until=_instant(fields.get("end")),
        what=fields.get("what"),
        from_version=fields.get("from"),
        to_version=fields.get("to"),
        links=_links(fields.get("link")),
    )


def pending_beside(desk: Desk, decision: Decision) -> list[tuple[RuleId, datetime | None]]:
    """
    Return the rules of the site that are pending and no ground of *decision*, with since when: a resume keeps them.

    Raises:
        StoreError: The records could not be read.

    """
    if decision.site is None:
        return []
    grounds = {ground.rule for ground in decision.grounds}
    with desk.store.reading() as view:
        rows = view.states(decision.rollout, decision.site)
    return [
        (row.rule, row.state.pending_since)
        for row in rows
        if row.reported == Reported.PENDING and row.rule not in grounds
    ]


def heard_since(decision: Decision) -> datetime:
    """Return from when on words count as answers: what was said before a decision came back to open is about before."""
    returns = [
        acted.at for acted in decision.acts if acted.act in RETURNS_TO_OPEN and acted.rev_after > acted.rev_before
    ]
    return max(returns, default=decision.opened_at)


def _standing(desk: Desk, deed: Interaction) -> Decision | None:
    with desk.store.reading() as view:
        return view.decision(deed.decision)


def _done(decision: Decision, deed: Interaction) -> bool:
    """Whether the person has done just this already, by an earlier click or before a crash."""
    acts = decision.acts if deed.rev is not None else decision.acts[-1:]
    reason = deed.fields.get("reason", "").strip() or None
    return any(
        (acted.actor, acted.act, acted.reason) == (deed.actor, deed.act, reason)
        and deed.rev in {None, acted.rev_before}
        for acted in acts
    )


def _refused(desk: Desk, deed: Interaction, decision: Decision | None, groups: Groups, now: datetime) -> Outcome | None:
    """Return the refusal of a person without the right, after it is audited; None if nothing speaks against him."""
    why = obstacle(desk.rule_set.plan, deed.act, deed.user, groups)
    if why is None:
        return None
    rev = decision.rev if decision is not None else None
    details = {"act": deed.act.value, "origin": _origin(deed)}
    with desk.store.writing() as tx:
        tx.audit(AuditEntry(now, deed.actor, SLACK, "refused", deed.decision, rev, rev, why, details=details))
    return Outcome(deed, Result.REFUSED, decision, why)


def _origin(deed: Interaction) -> dict[str, object]:
    return {"way": deed.way.value, "team": deed.team, "payload": dict(deed.origin)}


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ActIncompleteError("until", f"{text} is no instant")
    return at.astimezone(UTC)


def _links(text: str | None) -> tuple[Link, ...]:
    if text is None:
        return ()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and len(text) <= _LINK_MOST
    except ValueError:
        usable = False
    if not usable or any(letter.isspace() for letter in text):
        raise ActIncompleteError("links", "a link begins with https:// or http:// and names a host")
    return (Link("ticket", text),)
