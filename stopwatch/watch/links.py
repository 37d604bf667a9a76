"""Filling the link templates of a rule for one breach at one site."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from stopwatch.core.decision import Link
from stopwatch.core.grid import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.kpi import Kpi, KpiId
    from stopwatch.core.rollout import Site
    from stopwatch.core.rule import StopRule
    from stopwatch.core.state import RuleEvent

MARGIN = timedelta(minutes=30)
"""How much before and after a breach a link shows."""


def fill(rule: StopRule, site: Site, event: RuleEvent, decision: str, kpis: Mapping[KpiId, Kpi]) -> tuple[Link, ...]:
    """Return the rule's links with every placeholder replaced; templates were checked when they were loaded."""
    first = rule.criteria[0].kpi
    kpi = kpis.get(first)
    begin, end = event.pending_since - MARGIN, event.at + MARGIN
    words = {
        "site": site.id,
        "label": site.label,
        "phase": site.phase,
        "rule": rule.id,
        "kpi": first,
        "from_ms": str(_milliseconds(begin)),
        "to_ms": str(_milliseconds(end)),
        "from_iso": rfc3339(begin),
        "to_iso": rfc3339(end),
        "range": f"{int((end - begin).total_seconds())}s",
        "query": kpi.query if kpi is not None else "",
        "decision": decision,
    }
    filled = []
    for kind, template in rule.links.items():
        url = template
        for name, word in words.items():
            url = url.replace("{" + name + "}", quote(word, safe=":" if name != "query" else ""))
        filled.append(Link(kind, url))
    return tuple(filled)


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
