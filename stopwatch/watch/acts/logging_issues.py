"""Words for the issue log that people give in Slack: who may, which issue is meant, and once for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.errors import ActIncompleteError, IssueNotFoundError, IssueStaleError
from stopwatch.core.inbox import Interaction, Result
from stopwatch.core.issue import IssueStatus
from stopwatch.watch.acts.issues import IssueAsked, draft, log_of, say
from stopwatch.watch.acts.outcome import SLACK, Outcome, origin_of, refused

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.hypercare import Logged
    from stopwatch.core.rollout import Plan
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.acts.rights import Groups

ISSUE, WORDS = "issue", "words"
"""Fields of a deed: the id of the issue that a dialog changes, and what was typed to open one."""
_TAKEN_BACK = ("workaround", "owner", "target")
"""What a dialog that shows an issue takes back where its block is empty."""


def log_issue(desk: Desk, deed: Interaction, groups: Groups, *, now: datetime) -> Outcome:
    """
    Write what a dialog says into the log, or refuse it; what was written before it could be noted is recognised.

    Raises:
        StoreError: The records could not be read or written; nothing changed.

    """
    refusal = refused(desk, deed, None, groups, now)
    if refusal is not None:
        return refusal
    try:
        logged = say(desk, asked_of(deed), transport=SLACK, now=now)
    except ActIncompleteError as error:
        return Outcome(deed, Result.INCOMPLETE, why=str(error))
    except IssueStaleError as error:
        return Outcome(deed, Result.STALE, why=str(error))
    except IssueNotFoundError as error:
        return Outcome(deed, Result.ILLEGAL, why=str(error))
    return Outcome(deed, Result.APPLIED, logged=logged)


def may_log(desk: Desk, deed: Interaction, groups: Groups, *, now: datetime) -> Outcome:
    """
    Judge, before a dialog is opened, whether the person may write, and find the issue that was named: asked if so.

    Raises:
        StoreError: The records could not be read, or a refusal could not be written.

    """
    refusal = refused(desk, deed, None, groups, now)
    if refusal is not None:
        return refusal
    plan = desk.rule_set.plan
    with desk.store.reading() as view:
        log = log_of(view, plan, now=now)
    try:
        return Outcome(deed, Result.ASKED, logged=_named(plan, log, deed.fields.get(WORDS, "")))
    except IssueNotFoundError as error:
        return Outcome(deed, Result.ILLEGAL, why=str(error))


def unusable_words(desk: Desk, deed: Interaction, *, now: datetime) -> tuple[str, str] | None:
    """
    Return the field of a submitted dialog that cannot be used and why, None if all can.

    Raises:
        StoreError: The records could not be read.

    """
    try:
        with desk.store.reading() as view:
            draft(view, desk.rule_set.plan, asked_of(deed), now=now)
    except ActIncompleteError as error:
        return error.field, str(error)
    except (IssueNotFoundError, IssueStaleError) as error:
        return "note", str(error)
    return None


def asked_of(deed: Interaction) -> IssueAsked:
    """
    Return what a dialog says of an issue; its mark makes it one for ever.

    Raises:
        ActIncompleteError: It names no place, or says resolved without a word on how.

    """
    fields = {name: value.strip() for name, value in deed.fields.items()}
    identity, note = fields.get(ISSUE) or None, fields.get("note") or None
    kind, _, place = fields.get("scope", "").partition(":")
    if identity is None and kind not in {"site", "phase"}:
        raise ActIncompleteError("scope", "say where: a site or a phase")
    if fields.get("status") == IssueStatus.RESOLVED and note is None:
        raise ActIncompleteError("note", "say how it was resolved")
    empty = dict.fromkeys(_TAKEN_BACK, "" if identity is not None else None)
    said = {
        "status": fields.get("status") or None,
        "description": fields.get("description", ""),
        "severity": fields.get("severity") or None,
        "attributable": fields.get("attributable") == "yes",
        "note": note,
    }
    said |= {name: fields.get(name) or default for name, default in empty.items()}
    mark, seen = f"{SLACK}/{deed.key}", deed.rev
    return IssueAsked(deed.actor, place or None, identity, said, mark=mark, seen=seen, origin=origin_of(deed))


def _named(plan: Plan, log: list[Logged], words: str) -> Logged | None:
    """Return the issue that the first of *words* names; None for a new issue, and for a site called like one."""
    word = (words.split() or [""])[0].casefold()
    scopes = {place.casefold() for place in (*plan.sites, *(phase.id for phase in plan.phases))}
    if word in scopes:
        return None
    found = next((logged for logged in log if logged.issue.id.casefold() == word), None)
    place, _, number = word.rpartition("-")
    if found is None and number.isdecimal() and place in scopes:
        known = [logged.issue.id for logged in log if logged.issue.scope.casefold() == place]
        named = ", ".join(known) if known else "none"
        raise IssueNotFoundError(f"no issue {word}; the log has of {place}: {named}")
    return found
