"""What data do to decisions: open one, add a ground, note a recovery, end an override."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from stopwatch.core.decision import (
    FINAL,
    RETURNS_TO_OPEN,
    TRANSITIONS,
    Acted,
    Decision,
    DecisionId,
    DecisionState,
    Ground,
    GroundId,
    GroundKind,
    Happening,
)
from stopwatch.core.grid import stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from stopwatch.core.kpi import PhaseId, SiteId

DAEMON = "daemon"
"""The actor of what happens without a person."""


class Scope(NamedTuple):
    """Whom a decision pauses: the scope word with the site or the phase it stands for."""

    scope: str
    site: SiteId | None
    phase: PhaseId | None


def decision_id(scope: str, opened_at: datetime, taken: Callable[[DecisionId], bool]) -> DecisionId:
    """Return ``scope-instant``, with ``-2``, ``-3``, … if *taken* says so."""
    plain = f"{scope}-{stamp(opened_at)}"
    number, candidate = 1, DecisionId(plain)
    while taken(candidate):
        number += 1
        candidate = DecisionId(f"{plain}-{number}")
    return candidate


def ground_id(name: str, opened_at: datetime, taken: Iterable[GroundId]) -> GroundId:
    """Return ``rule@instant`` (or ``criterion@instant``), unique within one decision."""
    plain = f"{name}@{stamp(opened_at)}"
    used, number, candidate = set(taken), 1, GroundId(plain)
    while candidate in used:
        number += 1
        candidate = GroundId(f"{plain}-{number}")
    return candidate


def open_decision(decision_id: DecisionId, rollout: str, scope: Scope, ground: Ground) -> Decision:
    """Return a fresh decision, revision 1, opened by its first ground."""
    return Decision(
        id=decision_id,
        rollout=rollout,
        scope=scope.scope,
        site=scope.site,
        phase=scope.phase,
        state=DecisionState.OPEN,
        rev=1,
        episode=1,
        opened_at=ground.opened_at,
        detected_late=ground.detected_late,
        grounds=(ground,),
    )


def join(decision: Decision, ground: Ground, *, now: datetime) -> Decision:
    """Add a further ground; an override that did not name what it is about ends. A final decision stays final."""
    grown = replace(decision, grounds=(*decision.grounds, ground))
    if not decision.state.live:
        return grown
    named = any(known.name in decision.accepted and _about_the_same(known, ground) for known in decision.grounds)
    happening = Happening.NAMED_GROUND if named else Happening.UNNAMED_GROUND
    return happen(grown, happening, now=now, reason=f"new ground {ground.id}")


def _about_the_same(known: Ground, ground: Ground) -> bool:
    """Whether both are of one rule or of one alert; what a person declares anew is news, also by the same criterion."""
    if ground.kind is GroundKind.RULE:
        return known.rule == ground.rule
    alert = (ground.summary or {}).get("fingerprint")
    return alert is not None and (known.summary or {}).get("fingerprint") == alert


def recover(decision: Decision, ground: GroundId, at: datetime) -> Decision:
    """Note that a ground recovered at slot instant *at*; the state never changes by it."""
    return replace(
        decision,
        grounds=tuple(replace(g, recovered_at=at) if g.id == ground else g for g in decision.grounds),
    )


def end_override(decision: Decision, *, now: datetime) -> Decision:
    """End an override whose time is up: ``open`` if a ground is neither recovered nor resolved, else ``resumed``."""
    over = all(ground.over for ground in decision.grounds)
    happening = Happening.OVERRIDE_ENDED_CLEAR if over else Happening.OVERRIDE_ENDED_BREACHING
    return happen(decision, happening, now=now, reason="the override ended")


def happen(decision: Decision, happening: Happening, *, now: datetime, reason: str) -> Decision:
    """
    Apply what happened without a person; a change of state is remembered as an act of the daemon.

    Raises:
        ValueError: The table has no such transition.

    """
    target = TRANSITIONS[happening].get(decision.state)
    if target is None:
        message = f"{happening} cannot happen while {decision.id} is {decision.state}"
        raise ValueError(message)
    if target is decision.state:
        return decision
    acted = Acted(happening.value, DAEMON, now, reason, decision.rev, decision.rev + 1, {})
    return replace(
        decision,
        state=target,
        rev=decision.rev + 1,
        episode=decision.episode + (happening in RETURNS_TO_OPEN),
        until=None,
        accepted=frozenset(),
        ended_at=now if target in FINAL else None,
        acts=(*decision.acts, acted),
    )
