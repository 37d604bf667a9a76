"""The observation window of a site: the last so many days, begun afresh by go-live and by every final act but one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.decision import Act, DecisionState
from stopwatch.core.exit.stretch import Acquittal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from stopwatch.core.decision import Decision
    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.rollout import Plan

FALSE_ALARM = "false_alarm"


@dataclass(frozen=True, slots=True)
class SiteWindow:
    """
    What is observed of one site: *start* to *end*.

    *went_live* is the site's activation, *since* when observing could begin and *because* why, all None while it is not
    live. *long_enough_at* is when the window is as long as the plan asks.
    """

    site: SiteId
    end: datetime
    went_live: datetime | None = None
    since: datetime | None = None
    because: str | None = None
    start: datetime | None = None
    long_enough_at: datetime | None = None

    @property
    def long_enough(self) -> bool:
        """Whether the whole observation lies behind."""
        return self.long_enough_at is not None and self.long_enough_at <= self.end


def observe(
    plan: Plan,
    site: SiteId,
    *,
    go_live: datetime | None,
    decisions: Iterable[Decision],
    observation: timedelta,
    end: datetime,
) -> SiteWindow:
    """
    Return the last *observation* before *end*, not beginning before go-live or the last final act that covers *site*.

    A decision dismissed as a false alarm begins nothing afresh; one dismissed for faulty data does, for they prove
    nothing.

    Args:
        plan: The plan, for what wide decisions cover.
        site: A site of the plan.
        go_live: Its activation, None or after *end* while it is not live.
        decisions: All decisions of the rollout.
        observation: How long the phase is observed.
        end: Up to when slots may be judged.

    """
    if go_live is None or go_live > end:
        return SiteWindow(site, end)
    since, because = go_live, "go-live"
    for decision in decisions:
        ended = decision.ended_at
        if ended is None or ended > end or site not in plan.covered(decision.scope) or false_alarm(decision):
            continue
        if ended > since:
            since, because = ended, f"{decision.id} {decision.state.value}"
    return SiteWindow(site, end, go_live, since, because, max(since, end - observation), since + observation)


def false_alarm(decision: Decision) -> bool:
    """Tell whether people dismissed the decision as a false alarm."""
    if decision.state is not DecisionState.DISMISSED:
        return False
    dismissal = next((act for act in reversed(decision.acts) if act.act == Act.DISMISS), None)
    return dismissal is not None and dismissal.details.get("category") == FALSE_ALARM


def armed_at(site: SiteId, rule: RuleId, go_live: datetime, decisions: Iterable[Decision]) -> datetime:
    """Return when the rule began afresh last: at go-live, or where a decision ended that it was a ground of."""
    ends = [
        decision.ended_at
        for decision in decisions
        if decision.ended_at is not None
        and not false_alarm(decision)
        and any(ground.site == site and ground.rule == rule for ground in decision.grounds)
    ]
    return max([go_live, *ends])


def acquittals(site: SiteId, rule: RuleId, decisions: Iterable[Decision]) -> list[Acquittal]:
    """Return the grounds of the rule at the site that were dismissed as false alarms, oldest first."""
    found = [
        Acquittal(decision.id, ground.opened_at, decision.ended_at)
        for decision in decisions
        if decision.ended_at is not None and false_alarm(decision)
        for ground in decision.grounds
        if ground.site == site and ground.rule == rule
    ]
    return sorted(found, key=lambda one: one.opened_at)
