"""A query that looks back over much of its rule's window blurs what the window is meant to tell apart."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.duration import parse_duration, spell_duration
from stopwatch.config.node import Fields, Items, Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.config.complaint import Complaints
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rule import StopRule

_RANGE = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`|\[\s*([0-9a-z]+)\s*[\]:]", re.ASCII)
SHARE = 3
"""A range may be at most one third of the window."""


def check_ranges(kpis: Node | None, rules: Mapping[SiteId, tuple[StopRule, ...]], found: Complaints) -> None:
    """Warn, once per query, of ranges longer than a third of the shortest window that judges the KPI."""
    shortest: dict[str, tuple[timedelta, str]] = {}
    for rule in (rule for at_site in rules.values() for rule in at_site):
        window = (rule.window.n - 1) * rule.step if rule.window.m == rule.window.n else rule.window.n * rule.step
        for criterion in rule.criteria:
            shortest[criterion.kpi] = min(shortest.get(criterion.kpi, (window, rule.id)), (window, rule.id))
    for item in kpis.items if isinstance(kpis, Items) else ():
        identity, query = (item.get("id"), item.get("query")) if isinstance(item, Fields) else (None, None)
        if isinstance(identity, Scalar) and isinstance(query, Scalar) and str(identity.value) in shortest:
            _check(query, *shortest[str(identity.value)], found)


def _check(query: Scalar, window: timedelta, rule: str, found: Complaints) -> None:
    text = str(query.value)
    for match in _RANGE.finditer(text):
        if match[1] is None:
            continue
        try:
            length = parse_duration(match[1])
        except ValueError:
            continue
        if length * SHARE > window:
            message = (
                f"the query looks back {match[1]}, over a third of the {spell_duration(window)} window of rule {rule}"
            )
            hint = f"use a range of at most {spell_duration(window / SHARE)}, or a longer window"
            place = query.within(match.start(), len(match[0]))
            found.add(place.complaint("long-range", message, hint, severity=Weight.WARNING))
            return
