"""From the inbox to the commands: who may, what was asked, and what became of it, told in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from stopwatch.core.acts import ActRequest, admit, perform
from stopwatch.core.decision import RETURNS_TO_OPEN, Act
from stopwatch.core.errors import ActIllegalError, ActIncompleteError, ActStaleError, DecisionNotFoundError
from stopwatch.core.inbox import Declaration, Interaction, Receipt, Result
from stopwatch.core.state import Reported
from stopwatch.watch.acts.commands import act
from stopwatch.watch.acts.declaring import declare, may_declare, unusable
from stopwatch.watch.acts.logging_issues import log_issue, may_log, unusable_words
from stopwatch.watch.acts.outcome import SLACK, Outcome, links_of, origin_of, refused
from stopwatch.watch.acts.sight import sight_of

if TYPE_CHECKING:
    from stopwatch.core.decision import Acted, Decision
    from stopwatch.core.kpi import RuleId
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.acts.rights import Groups

BLOCKS = {"until": "end", "links": "link", "site": "scope", "phase": "scope", "text": "description"}
"""Where a dialog's block is named otherwise than the field of the act."""


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


def apply(desk: Desk, deed: Interaction, groups: Groups, *, now: datetime) -> Outcome:
    """
    Do what a person asked for, or refuse it; a deed that was applied before it could be noted is recognised.

    Raises:
        StoreError: The records could not be read or written; nothing changed.

    """
    if deed.act is Declaration.ISSUE:
        return log_issue(desk, deed, groups, now=now)
    if isinstance(deed.act, Declaration):
        return declare(desk, deed, groups, now=now)
    before = _standing(desk, deed)
    if before is not None and _done(before, deed):
        return Outcome(deed, Result.REPEATED, before)
    refusal = refused(desk, deed, before, groups, now)
    if refusal is not None:
        return refusal
    try:
        request = request_of(deed, deed.act)
        after = act(desk, deed.decision, request, transport=SLACK, now=now, origin=origin_of(deed))
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
    if deed.act is Declaration.ISSUE:
        return may_log(desk, deed, groups, now=now)
    if isinstance(deed.act, Declaration):
        return may_declare(desk, deed, groups, now=now)
    with desk.store.reading() as view:
        before = view.decision(deed.decision)
        sight = sight_of(view, desk.rule_set, before.site if before else None, now)
    if before is None:
        return Outcome(deed, Result.ILLEGAL, None, f"no decision {deed.decision}")
    refusal = refused(desk, deed, before, groups, now)
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
    if deed.act is Declaration.ISSUE:
        field = unusable_words(desk, deed, now=now)
        return None if field is None else (BLOCKS.get(field[0], field[0]), field[1])
    if isinstance(deed.act, Declaration):
        wrong = unusable(desk, deed)
        return None if wrong is None else (BLOCKS.get(wrong.field, wrong.field), str(wrong))
    with desk.store.reading() as view:
        before = view.decision(deed.decision)
        sight = sight_of(view, desk.rule_set, before.site if before else None, now)
    if before is None:
        return None
    try:
        perform(before, request_of(deed, deed.act), now=now, sight=sight, override_max=desk.rule_set.plan.override_max)
    except ActIncompleteError as error:
        return BLOCKS.get(error.field, error.field), str(error)
    except (ActStaleError, ActIllegalError):
        return None
    return None


def request_of(deed: Interaction, act: Act) -> ActRequest:
    """
    Return what was asked for, as every transport asks.

    Raises:
        ActIncompleteError: The end is no instant or the link no web address.

    """
    fields = {name: value.strip() for name, value in deed.fields.items() if value.strip()}
    return ActRequest(
        act=act,
        actor=deed.actor,
        reason=fields.get("reason"),
        rev=deed.rev,
        shown=deed.shown,
        category=fields.get("category"),
        until=_instant(fields.get("end")),
        what=fields.get("what"),
        from_version=fields.get("from"),
        to_version=fields.get("to"),
        links=links_of(fields.get("link")),
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
    if deed.act is Act.ATTACH:
        # One may attach many links at one revision, so only the same link is a repetition.
        acts = tuple(acted for acted in acts if deed.fields.get("link", "").strip() in _linked(acted))
    return any(
        (acted.actor, acted.act, acted.reason) == (deed.actor, deed.act, reason)
        and deed.rev in {None, acted.rev_before}
        for acted in acts
    )


def _linked(acted: Acted) -> list[str]:
    links = acted.details.get("links")
    return [str(link.get("url")) for link in links if isinstance(link, dict)] if isinstance(links, list) else []


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
