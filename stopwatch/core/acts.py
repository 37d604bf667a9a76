"""What people do to a decision: checked against the table, the site and what they saw, then applied as a new value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stopwatch.core.decision import (
    FINAL,
    Act,
    Acted,
    Decision,
    DecisionState,
    Ground,
    GroundId,
    GroundKind,
    Link,
)
from stopwatch.core.errors import ActIllegalError, ActIncompleteError, ActStaleError, Standing
from stopwatch.core.grid import rfc3339

if TYPE_CHECKING:
    from datetime import datetime, timedelta

NEEDS_REASON = frozenset({Act.RESUME, Act.OVERRIDE, Act.DISMISS, Act.ROLL_BACK, Act.CLOSE, Act.RESOLVE})
STALE_IF_GROUNDS_ADDED = frozenset({Act.OVERRIDE, Act.DISMISS, Act.ROLL_BACK})
DISMISS_CATEGORIES = ("false_alarm", "data_fault")
ROLL_BACK_KINDS = ("flag", "workflow", "integration", "release")


@dataclass(frozen=True, slots=True)
class ActRequest:
    """
    One act as a person asked for it.

    *rev* is the revision the person saw and *shown* the number of grounds; None where the transport cannot know.
    *grounds* are those an override accepts (None: all), *ground* the one that ``resolve`` resolves.
    """

    act: Act
    actor: str
    reason: str | None = None
    rev: int | None = None
    shown: int | None = None
    category: str | None = None
    until: datetime | None = None
    what: str | None = None
    from_version: str | None = None
    to_version: str | None = None
    ground: str | None = None
    grounds: tuple[str, ...] | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteSight:
    """Whether the site is seen well enough to resume it, in words; None where nothing speaks against it."""

    obstacle: str | None = None


def perform(
    decision: Decision, request: ActRequest, *, now: datetime, sight: SiteSight, override_max: timedelta
) -> Decision:
    """
    Apply one act.

    Raises:
        ActIncompleteError: A required field is missing or unusable.
        ActStaleError: The decision changed since the person looked.
        ActIllegalError: The decision's state, or the site's, does not allow the act.

    """
    _complete(decision, request, now=now, override_max=override_max)
    target = admit(decision, request, sight=sight)
    changed = _apply(decision, request, target, now=now)
    # A repeated override changes the end that people rely on, so it counts although the state's name stays.
    moves = target is not decision.state or request.act is Act.OVERRIDE
    rev = decision.rev + 1 if moves else decision.rev
    acted = Acted(
        act=request.act.value,
        actor=request.actor,
        at=now,
        reason=request.reason,
        rev_before=decision.rev,
        rev_after=rev,
        details=_details(decision, request),
    )
    ended = now if target in FINAL and decision.state not in FINAL else decision.ended_at
    return replace(changed, state=target, rev=rev, ended_at=ended, acts=(*decision.acts, acted))


def admit(decision: Decision, request: ActRequest, *, sight: SiteSight) -> DecisionState:
    """
    Return the state that the act leads to, before anybody asks whether its fields are complete.

    Raises:
        ActStaleError: The decision changed since the person looked.
        ActIllegalError: The decision's state, or the site's, does not allow the act.

    """
    _current(decision, request)
    target = decision.after(request.act)
    if target is None and decision.drill:
        raise _illegal(decision, f"{request.act} is not possible: this is a drill; acknowledge it, or close it")
    if target is None:
        raise _illegal(decision, f"{request.act} is not possible while the decision is {decision.state}")
    if request.act is Act.RESUME:
        _resumable(decision, sight)
    return target


def _complete(decision: Decision, request: ActRequest, *, now: datetime, override_max: timedelta) -> None:
    act = request.act
    if act in NEEDS_REASON and not (request.reason or "").strip():
        raise ActIncompleteError("reason", f"{act} needs a reason")
    if act is Act.OVERRIDE:
        _complete_override(decision, request, now=now, override_max=override_max)
    elif act is Act.DISMISS and request.category not in DISMISS_CATEGORIES:
        raise ActIncompleteError("category", f"dismiss needs a category: {' or '.join(DISMISS_CATEGORIES)}")
    elif act is Act.ROLL_BACK:
        _complete_roll_back(request)
    elif act is Act.ATTACH and not request.links:
        raise ActIncompleteError("links", "attach needs at least one link")
    if act is Act.RESOLVE or (act is Act.ATTACH and request.ground is not None):
        known = [ground.id for ground in decision.grounds]
        if request.ground not in known:
            raise ActIncompleteError("ground", f"{act} needs one of the grounds: {', '.join(known)}")


def _complete_roll_back(request: ActRequest) -> None:
    if request.what not in ROLL_BACK_KINDS:
        raise ActIncompleteError("what", f"roll-back needs what was reverted: {', '.join(ROLL_BACK_KINDS)}")
    for field, value in (("from", request.from_version), ("to", request.to_version)):
        if not (value or "").strip():
            raise ActIncompleteError(field, f"roll-back needs the version it went {field}")


def _complete_override(decision: Decision, request: ActRequest, *, now: datetime, override_max: timedelta) -> None:
    if not (request.category or "").strip():
        raise ActIncompleteError("category", "override needs a category")
    if request.until is None:
        raise ActIncompleteError("until", "override needs an end")
    if request.until <= now:
        raise ActIncompleteError(
            "until", f"the override would end at {rfc3339(request.until)}, which is not in the future"
        )
    if request.until - now > override_max:
        hours = override_max.total_seconds() / 3600
        raise ActIncompleteError("until", f"an override may last at most {hours:g} h in this rollout")
    known = {ground.id for ground in decision.grounds}
    unknown = [ground for ground in request.grounds or () if ground not in known]
    if unknown:
        raise ActIncompleteError("grounds", f"unknown grounds: {', '.join(unknown)}")
    if request.grounds == ():
        raise ActIncompleteError("grounds", "override must name at least one ground it accepts")


def _current(decision: Decision, request: ActRequest) -> None:
    last = decision.last_act
    said = f" by {last.actor} at {rfc3339(last.at)} ({last.act})" if last else ""
    if request.rev is not None and request.rev != decision.rev:
        message = (
            f"the decision was at revision {request.rev} and is now {decision.state}, revision {decision.rev}{said}"
        )
        raise ActStaleError(message, standing(decision))
    grown = request.shown is not None and len(decision.grounds) > request.shown
    if request.act in STALE_IF_GROUNDS_ADDED and grown:
        added = ", ".join(ground.name for ground in decision.grounds[request.shown :])
        raise ActStaleError(f"grounds were added since they were shown: {added}", standing(decision))


def _resumable(decision: Decision, sight: SiteSight) -> None:
    still = [ground.id for ground in decision.grounds if not ground.over]
    if still:
        words = f"{', '.join(still)} neither recovered nor was resolved; {_way_out(decision)}"
        raise _illegal(decision, f"resume is not possible: {words}")
    if sight.obstacle is not None:
        raise _illegal(decision, f"resume is not possible: {sight.obstacle}")


def _way_out(decision: Decision) -> str:
    """Say what ends the grounds that still hold: recovery, or resolving those that no data can end."""
    held = [ground for ground in decision.grounds if not ground.over]
    if all(ground.kind is GroundKind.MANUAL or ground.unwatched for ground in held):
        return f"resolve it first (resolve, ground {held[0].id})"
    return "wait for recovery, or override"


def _apply(decision: Decision, request: ActRequest, target: DecisionState, *, now: datetime) -> Decision:
    if request.act is Act.OVERRIDE:
        chosen = [g for g in decision.grounds if request.grounds is None or g.id in request.grounds]
        return replace(decision, until=request.until, accepted=frozenset(ground.name for ground in chosen))
    if request.act is Act.RESOLVE:
        return replace(
            decision, grounds=tuple(_resolved(decision, ground, request, now) for ground in decision.grounds)
        )
    if request.act is Act.ATTACH:
        where = request.ground or decision.grounds[-1].id
        return replace(
            decision,
            grounds=tuple(
                replace(ground, links=(*ground.links, *request.links)) if ground.id == where else ground
                for ground in decision.grounds
            ),
        )
    if decision.state is DecisionState.OVERRIDDEN and target is not DecisionState.OVERRIDDEN:
        return replace(decision, until=None, accepted=frozenset())
    return decision


def _resolved(decision: Decision, ground: Ground, request: ActRequest, now: datetime) -> Ground:
    if ground.id != request.ground:
        return ground
    if ground.kind is GroundKind.RULE and not ground.unwatched:
        message = f"{ground.id} belongs to a rule that still watches the site; only its recovery ends it"
        raise _illegal(decision, message)
    if ground.resolved_at is not None:
        raise _illegal(decision, f"{ground.id} is already resolved")
    return replace(ground, resolved_at=now)


def _details(decision: Decision, request: ActRequest) -> dict[str, object]:
    accepted: list[GroundId] | None = None
    if request.act is Act.OVERRIDE:
        accepted = [g.id for g in decision.grounds if request.grounds is None or g.id in request.grounds]
    fields: dict[str, object] = {
        "category": request.category,
        "until": rfc3339(request.until) if request.until else None,
        "what": request.what,
        "from": request.from_version,
        "to": request.to_version,
        "ground": request.ground,
        "grounds": accepted,
        "links": [{"kind": link.kind, "url": link.url} for link in request.links] or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def standing(decision: Decision) -> Standing:
    """Return what the loser of a race must learn about *decision*."""
    last = decision.last_act
    return Standing(decision.rev, decision.state.value, last.actor if last else None, last.at if last else None)


def _illegal(decision: Decision, message: str) -> ActIllegalError:
    return ActIllegalError(message, standing(decision))
