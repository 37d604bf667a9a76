"""What a roll-back is held against: the required KPIs of its sites, and the bands around their baselines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.baseline import numbers_of
from stopwatch.core.baseline_comparison import Band, band_of
from stopwatch.core.rollback import NO_BASELINE, terms_of
from stopwatch.core.rule import Statistic
from stopwatch.watch.baseline import newest_baseline

if TYPE_CHECKING:
    from stopwatch.core.decision import Decision
    from stopwatch.core.kpi import Kpi, SiteId
    from stopwatch.core.rollback_clock import ClockTerms
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.ports import Reader


@dataclass(frozen=True, slots=True)
class Condition:
    """One required KPI at one site, and the band around what it was like before; *baseline* is the entry's number."""

    site: SiteId
    kpi: Kpi
    median: float
    band: Band
    baseline: int


def conditions_of(
    view: Reader, rule_set: RuleSet, decision: Decision, terms: ClockTerms
) -> tuple[list[Condition], str | None]:
    """
    Return what a roll-back is held against, or why nothing can verify it.

    What counts is each site's newest baseline at the time of the roll-back: nobody moves the goal afterwards.
    """
    live = view.activations(rule_set.plan.rollout)
    covered = [site for site in rule_set.plan.covered(decision.scope) if site in live or site == decision.site]
    required = [kpi for kpi in rule_set.kpis.values() if kpi.required]
    if not covered or not required:
        what = "no KPI is required" if covered else "no site of it is live"
        return [], f"{what}, so recovery cannot be verified"
    found = []
    for site in covered:
        frozen = newest_baseline(view, rule_set.plan.rollout, site, before=terms.rolled_back_at)
        if frozen is None:
            return [], NO_BASELINE
        numbers = numbers_of(frozen)
        for kpi in required:
            median = numbers.get((kpi.id, Statistic.MEDIAN))
            if median is None:
                return [], f"the baseline of {site} does not hold {kpi.id}, so recovery cannot be verified"
            band = band_of(kpi.better, median, rule_set.plan.rollback.band)
            found.append(Condition(site, kpi, median, band, frozen.number))
    return found, None


def unverifiable(view: Reader, rule_set: RuleSet, decision: Decision) -> str | None:
    """Say why nothing can verify the roll-back of *decision*; None where its clock runs, or it has none."""
    terms = terms_of(decision, rule_set.plan.rollback)
    return None if terms is None else conditions_of(view, rule_set, decision, terms)[1]
