"""How every site stands according to the records alone, for those who are not the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.records import folded_to
from stopwatch.core.sample import Absence
from stopwatch.core.state import Condition, Reported
from stopwatch.core.status import RuleStatus, SiteStatus, StatusView, worst
from stopwatch.watch.acts.sight import BEHIND_STEPS
from stopwatch.watch.evaluation.picture import overlay

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.records import StateRow
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import StopRule
    from stopwatch.watch.ports import Reader


def recorded_status(reader: Reader, rule_set: RuleSet, now: datetime) -> StatusView:
    """
    Return the status that the records hold; values are not recorded and stay None.

    A rule that was not evaluated for more than three steps is not ok, whatever the records say of it: it is no_data.
    """
    plan = rule_set.plan
    progress, behind = reader.progress(plan.rollout), reader.behind(plan.rollout)
    rows = {(row.site, row.rule): row for row in reader.states(plan.rollout)}

    def rules(site: SiteId) -> tuple[RuleStatus, ...]:
        known = [(rule, rows[site, rule.id]) for rule in rule_set.rules.get(site, ()) if (site, rule.id) in rows]
        return tuple(_rule_status(rule, row, folded_to(row, progress, behind), now) for rule, row in known)

    sites = []
    for site in plan.sites.values():
        statuses = rules(site.id)
        sites.append(SiteStatus(site.id, site.phase, worst(statuses), rules=statuses))
    newest = max((rule.newest_slot for site in sites for rule in site.rules if rule.newest_slot), default=None)
    return overlay(StatusView(tuple(sites), newest), plan, reader.decisions(plan.rollout, live=True))


def _rule_status(rule: StopRule, row: StateRow, newest: datetime, now: datetime) -> RuleStatus:
    state, reason = Reported(row.reported), row.state.no_data
    late = (now - rule.eval_delay - newest) // rule.step > BEHIND_STEPS
    if late and not row.state.condition.entered:
        state, reason = Reported.NO_DATA, Absence.MISSING
    since = row.state.pending_since if row.state.condition is not Condition.OK else None
    return RuleStatus(row.rule, state, reason=reason, pending_since=since, newest_slot=newest)
