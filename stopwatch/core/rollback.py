"""A roll-back as its decision remembers it: what its clock is held to, and what makes it fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.decision import Act, Decision, DecisionState, Happening
from stopwatch.core.opening import happen
from stopwatch.core.rollback_clock import ClockTerms, ClockVerdict, Outcome, RollbackClock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.phase import RollbackPlan

FAR = timedelta(minutes=5)
"""Rules are told of the end of a decision that lies so much before the slots they were folded to, not more."""
NO_BASELINE = "no baseline is frozen for this site, so recovery cannot be verified"


def terms_of(decision: Decision, plan: RollbackPlan) -> ClockTerms | None:
    """Return what the newest roll-back of *decision* is held to; None unless it is being verified."""
    acts = [acted for acted in decision.acts if acted.act == Act.ROLL_BACK]
    if decision.state is not DecisionState.ROLLED_BACK or not acts:
        return None
    return ClockTerms(acts[-1].at, plan.hold, plan.within)


def failing_ground(decision: Decision, rolled_back_at: datetime) -> tuple[datetime, str] | None:
    """
    Return when the first ground opened that makes the clock fail, and which: one of a rule or criterion that is new.

    A rule or criterion that was a ground before the roll-back does not: an override named it, or it is the same again.
    """
    known = {ground.name for ground in decision.grounds if ground.opened_at <= rolled_back_at}
    fresh = [ground for ground in decision.grounds if ground.opened_at > rolled_back_at and ground.name not in known]
    first = min(fresh, key=lambda ground: ground.opened_at, default=None)
    return None if first is None else (first.opened_at, first.id)


def not_before(verdict: ClockVerdict, decision: Decision, reached: datetime | None) -> ClockVerdict:
    """
    Return *verdict* as it may be recorded now that some rule was folded to *reached*, because another's query failed.

    A decision cannot end long before slots that were judged as part of it: it ends there, and a ground that opened
    meanwhile and holds keeps it from being verified.
    """
    if reached is None or reached - verdict.at < FAR or verdict.outcome is not Outcome.VERIFIED:
        return verdict
    held = [ground.id for ground in decision.grounds if ground.opened_at > verdict.at and not ground.over]
    if held:
        return ClockVerdict(Outcome.FLAGGED, reached, f"{held[0]} opened before it could be verified")
    return replace(verdict, at=reached)


def settled(decision: Decision, clock: RollbackClock, verdict: ClockVerdict, details: Mapping[str, object]) -> Decision:
    """Return *decision* verified or flagged at the verdict's instant, by the daemon; *details* stay with the act."""
    verified = verdict.outcome is Outcome.VERIFIED
    happening = Happening.ROLLBACK_VERIFIED if verified else Happening.ROLLBACK_FLAGGED
    after = happen(decision, happening, now=verdict.at, reason=verdict.reason)
    act = replace(after.acts[-1], details=dict(details))
    return replace(after, clock=clock, acts=(*after.acts[:-1], act))
