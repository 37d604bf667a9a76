"""The gate of a site: may the rollout go on there now, and if not, which decisions hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339
from stopwatch.core.rollout import WIDE_ALL, wide_scope

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.kpi import PhaseId, SiteId
    from stopwatch.core.rollout import Plan


@dataclass(frozen=True, slots=True)
class GateReason:
    """One reason why a gate is closed, in words that say what would open it; *decision* is None where it is none."""

    decision: DecisionId | None
    phase: PhaseId | None
    text: str


@dataclass(frozen=True, slots=True)
class SiteGate:
    """Whether the rollout may go on at *site*."""

    site: SiteId
    reasons: tuple[GateReason, ...]

    @property
    def open(self) -> bool:
        """A gate is open when nothing holds it."""
        return not self.reasons


def site_gate(plan: Plan, site: SiteId, live: Iterable[Decision]) -> SiteGate:
    """
    Judge the gate of *site*.

    It is closed iff a live, pausing decision or a wide stop covers the site, or an earlier phase has a live decision.

    Args:
        plan: The plan, for the order of phases.
        site: A site of the plan.
        live: All live decisions of the rollout.

    """
    phase = plan.sites[site].phase
    order = plan.phase_order(phase)
    reasons: list[GateReason] = []
    for decision in live:
        if decision.drill:
            continue
        names = ", ".join(dict.fromkeys(ground.name for ground in decision.grounds))
        since = rfc3339(decision.opened_at.replace(microsecond=0))
        if decision.scope == site:
            if decision.paused:
                text = f"{site} is paused since {since}: {names}; resume, dismiss or close {decision.id} to open"
                reasons.append(GateReason(decision.id, phase, text))
        elif decision.scope in {WIDE_ALL, wide_scope(phase)}:
            text = f"a wide stop ({decision.scope}) holds since {since}: {names}; end {decision.id} to open"
            reasons.append(GateReason(decision.id, decision.phase, text))
        elif _earlier(plan, decision, order):
            text = (
                f"earlier phase {decision.phase} has a live decision since {since}: {names}; end {decision.id} to open"
            )
            reasons.append(GateReason(decision.id, decision.phase, text))
    return SiteGate(site, tuple(reasons))


def _earlier(plan: Plan, decision: Decision, order: int) -> bool:
    """Tell whether the decision belongs to a phase before the one at *order*; a phase that left the plan counts."""
    if decision.phase is None:
        return False
    known = plan.phase(decision.phase)
    return known is None or plan.phase_order(decision.phase) < order
