"""Whether a site is seen well enough to resume it: no blind rule, and nothing more than three steps behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.acts import SiteSight
from stopwatch.core.records import folded_to
from stopwatch.core.rollout import UNUSABLE_RULES
from stopwatch.core.sample import Absence
from stopwatch.core.state import Reported

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.records import StateRow
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import StopRule
    from stopwatch.watch.ports import Reader

BEHIND_STEPS = 3
"""A rule that was not evaluated for more than so many steps is behind."""


def sight_of(reader: Reader, rule_set: RuleSet, site: SiteId | None, now: datetime) -> SiteSight:
    """Judge from the records how well *site* is seen; a wide stop (None) has no obstacle of its own."""
    if site is None or site not in rule_set.plan.sites:
        return SiteSight()
    if rule_set.revision == UNUSABLE_RULES:
        return SiteSight("the rule files cannot be used here, so nobody can tell whether the site is seen")
    rollout = rule_set.plan.rollout
    rows = {row.rule: row for row in reader.states(rollout, site)}
    progress, behind = reader.progress(rollout), reader.behind(rollout)
    obstacles = []
    for rule in rule_set.rules.get(site, ()):
        row = rows.get(rule.id)
        last = folded_to(row, progress, behind) if row is not None else None
        obstacle = _obstacle(rule, row, last, now)
        if obstacle is not None:
            obstacles.append(obstacle)
    return SiteSight("; ".join(obstacles) or None)


def _obstacle(rule: StopRule, row: StateRow | None, last: datetime | None, now: datetime) -> str | None:
    if row is None or last is None:
        return f"{rule.id} was never evaluated here"
    if row.reported == Reported.ERROR:
        return f"{rule.id} cannot be evaluated"
    if row.reported == Reported.NO_DATA and row.state.no_data is not Absence.LOW_VOLUME:
        return f"{rule.id} has no data"
    steps = (now - rule.eval_delay - last) // rule.step
    if steps > BEHIND_STEPS:
        return f"{rule.id} is {steps} steps behind"
    return None
