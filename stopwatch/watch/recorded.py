"""How every site stands according to the records alone, for those who are not the daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.records import folded_to
from stopwatch.core.state import Condition, Reported
from stopwatch.core.status import RuleStatus, SiteStatus, StatusView, worst
from stopwatch.watch.picture import overlay

if TYPE_CHECKING:
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.ports import Reader


def recorded_status(reader: Reader, rule_set: RuleSet) -> StatusView:
    """Return the status that the records hold; values are not recorded and stay None."""
    plan = rule_set.plan
    progress, behind = reader.progress(plan.rollout), reader.behind(plan.rollout)
    rows = {(row.site, row.rule): row for row in reader.states(plan.rollout)}

    def rules(site: SiteId) -> tuple[RuleStatus, ...]:
        known = [rows[site, rule.id] for rule in rule_set.rules.get(site, ()) if (site, rule.id) in rows]
        return tuple(
            RuleStatus(
                row.rule,
                Reported(row.reported),
                reason=row.state.no_data,
                pending_since=row.state.pending_since if row.state.condition is not Condition.OK else None,
                newest_slot=folded_to(row, progress, behind),
            )
            for row in known
        )

    sites = []
    for site in plan.sites.values():
        statuses = rules(site.id)
        sites.append(SiteStatus(site.id, site.phase, worst(statuses), rules=statuses))
    newest = max((rule.newest_slot for site in sites for rule in site.rules if rule.newest_slot), default=None)
    return overlay(StatusView(tuple(sites), newest), plan, reader.decisions(plan.rollout, live=True))
