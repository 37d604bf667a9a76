"""How the KPIs of a phase stand now, as rows that a checkpoint's report keeps."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.status import RuleStatus, SiteStatus, StatusView


def kpi_rows_of(status: StatusView, rule_set: RuleSet, phase: Phase) -> list[dict[str, object]]:
    """Return one row for each rule at each site of *phase* that was evaluated, as JSON values."""
    return [row for site in status.sites if site.site in phase.sites for row in _site(site, rule_set)]


def _site(site: SiteStatus, rule_set: RuleSet) -> Iterator[dict[str, object]]:
    for known in site.rules:
        rule = known.written or rule_set.rule(site.site, known.rule)
        criteria = rule.criteria if rule is not None else ()
        criterion = criteria[0] if len(criteria) == 1 else None
        kpi = rule_set.kpis.get(criterion.kpi) if criterion is not None else None
        yield {
            "site": site.site,
            "rule": known.rule,
            "kpi": kpi.id if kpi is not None else None,
            "title": kpi.title if kpi is not None else known.rule,
            "unit": kpi.unit.value if kpi is not None else None,
            "op": criterion.op.value if criterion is not None else None,
            "value": _finite(known.value),
            "limit": _finite(known.threshold),
            "state": _state(known),
        }


def _state(known: RuleStatus) -> str:
    reason = f": {known.reason.value}" if known.reason is not None else ""
    return f"{known.state.value}{reason}".replace("_", " ")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
