"""From when a rule counts at a site, and where the records left it: what an explanation begins with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.records import folded_to

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.decision import DecisionId
    from stopwatch.core.kpi import RuleId
    from stopwatch.core.records import StateRow
    from stopwatch.core.rollout import Site
    from stopwatch.watch.ports import Reader


class Origin(StrEnum):
    """What says from when a rule counts."""

    ACTIVATION = "activation"
    DECISION = "decision"
    PLAN = "plan"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Arming:
    """
    From when a rule counts at a site.

    *at* is None where neither records nor plan activate the site by the time in question. *row* is what the records
    hold of the rule, folded up to *folded_to*. *decision* is the site's live one, *ended* the one whose end armed the
    rule again.
    """

    at: datetime | None
    origin: Origin
    row: StateRow | None = None
    folded_to: datetime | None = None
    decision: DecisionId | None = None
    ended: DecisionId | None = None


def planned(site: Site, at: datetime) -> Arming:
    """Return what the plan alone says for the time *at*."""
    if site.go_live is not None and site.go_live <= at:
        return Arming(site.go_live, Origin.PLAN)
    return Arming(None, Origin.NOTHING)


def recorded(view: Reader, rollout: str, site: Site, rule: RuleId, at: datetime) -> Arming:
    """
    Return what the records say for the time *at*; where they say nothing, the plan does.

    A rule counts from the site's activation, or from the end of the last decision that it was a ground of.
    """
    live = view.live_decision(rollout, site.id)
    row = next((row for row in view.states(rollout, site.id) if row.rule == rule), None)
    reached = None if row is None else folded_to(row, view.progress(rollout), view.behind(rollout))
    live_id = live.id if live is not None else None
    activation = view.activations(rollout).get(site.id)
    armed: list[tuple[datetime, Origin, DecisionId | None]] = [
        (decision.ended_at, Origin.DECISION, decision.id)
        for decision in view.decisions(rollout, site=site.id)
        if decision.ended_at is not None
        and decision.ended_at <= at
        and any(ground.site == site.id and ground.rule == rule for ground in decision.grounds)
    ]
    if activation is not None and activation.at <= at:
        armed.append((activation.at, Origin.ACTIVATION, None))
    if armed:
        since, origin, ended = max(armed, key=lambda candidate: candidate[0])
        return Arming(since, origin, row, reached, live_id, ended)
    plan = planned(site, at)
    if activation is None:
        return Arming(plan.at, plan.origin, row, reached, live_id, None)
    return Arming(None, Origin.NOTHING, row, reached, live_id, None)
