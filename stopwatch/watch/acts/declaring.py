"""Manual stops that people declare in Slack: who may, where it holds, and once for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.errors import ActIncompleteError
from stopwatch.core.inbox import Interaction, Result
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.stop import Stop
from stopwatch.watch.acts.commands import declarable, pause
from stopwatch.watch.acts.outcome import SLACK, Outcome, links_of, origin_of, refused

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.acts.rights import Groups

EVERYWHERE = "all"


def declare(desk: Desk, deed: Interaction, groups: Groups, *, now: datetime) -> Outcome:
    """
    Declare the stop that a dialog asked for, or refuse it; one that was declared before it could be noted is known.

    Raises:
        StoreError: The records could not be read or written; nothing changed.

    """
    known = _declared(desk, deed)
    if known is not None:
        return Outcome(deed, Result.REPEATED, known)
    refusal = refused(desk, deed, None, groups, now)
    if refusal is not None:
        return refusal
    try:
        opened, _new = pause(desk, stop_of(deed), transport=SLACK, now=now, origin=origin_of(deed))
    except ActIncompleteError as error:
        return Outcome(deed, Result.INCOMPLETE, None, str(error))
    return Outcome(deed, Result.APPLIED, opened)


def may_declare(desk: Desk, deed: Interaction, groups: Groups, *, now: datetime) -> Outcome:
    """
    Judge, before a dialog is opened, whether the person may declare a stop: asked if so.

    Raises:
        StoreError: A refusal could not be written.

    """
    return refused(desk, deed, None, groups, now) or Outcome(deed, Result.ASKED)


def unusable(desk: Desk, deed: Interaction) -> ActIncompleteError | None:
    """Return what of a submitted dialog cannot be used, None if all can."""
    try:
        declarable(desk.rule_set.plan, stop_of(deed))
    except ActIncompleteError as error:
        return error
    return None


def stop_of(deed: Interaction) -> Stop:
    """
    Return the stop that a dialog asked for; its fingerprint makes it one for ever.

    Raises:
        ActIncompleteError: It names no place, or the link is no web address.

    """
    fields = {name: value.strip() for name, value in deed.fields.items()}
    kind, _, name = fields.get("scope", "").partition(":")
    if kind not in {"site", "phase", EVERYWHERE}:
        raise ActIncompleteError("scope", "say where: a site, a phase or all sites")
    return Stop(
        criterion=fields.get("criterion", ""),
        reason=fields.get("reason", ""),
        actor=deed.actor,
        site=SiteId(name) if kind == "site" else None,
        phase=PhaseId(name) if kind == "phase" else None,
        links=links_of(fields.get("link") or None),
        fingerprint=_fingerprint(deed),
    )


def _fingerprint(deed: Interaction) -> str:
    return f"{SLACK}/{deed.key}"


def _declared(desk: Desk, deed: Interaction) -> Decision | None:
    """Return the decision, live or over, that has the ground of this very deed."""
    mark = _fingerprint(deed)
    with desk.store.reading() as view:
        for decision in view.decisions(desk.rule_set.plan.rollout):
            if any((ground.summary or {}).get("fingerprint") == mark for ground in decision.grounds):
                return decision
    return None
