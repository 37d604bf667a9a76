"""The PromQL of KPIs, checked by whoever knows PromQL, with the shortest window that judges each."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol

from stopwatch.config.complaint import Weight
from stopwatch.config.node import Fields, Items, Node, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.config.complaint import Complaints
    from stopwatch.core.rule import StopRule

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
QUERIES = ("query", "volume", "failures", "attempts")
"""The keys of a KPI that hold PromQL."""


class JudgedOver(NamedTuple):
    """A window in which a KPI must breach, and the rule that says so."""

    window: timedelta
    rule: str


class PromqlFinding(Protocol):
    """
    What a PromQL check found.

    *offset* counts characters from the start of the query, *severity* is ``error`` or ``warning``.
    """

    @property
    def code(self) -> str:
        """The mistake's stable name."""

    @property
    def message(self) -> str:
        """What is wrong."""

    @property
    def hint(self) -> str:
        """How to mend it."""

    @property
    def offset(self) -> int:
        """Where in the query."""

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""


class CheckPromql(Protocol):
    """Checks one query whose series are told apart by the label *site_label*."""

    def __call__(self, query: str, *, site_label: str, judged_over: JudgedOver | None) -> Iterable[PromqlFinding]:
        """Return what is wrong with *query*; *judged_over* is the shortest window that it is read for."""


def check_queries(kpis: Node | None, rules: Iterable[StopRule], promql: CheckPromql, found: Complaints) -> None:
    """Complain about the queries of every KPI of the list *kpis*; *rules* are those of all sites."""
    shortest = _shortest(rules)
    for item in kpis.items if isinstance(kpis, Items) else ():
        if not isinstance(item, Fields):
            continue
        site_label = _text(item.get("site_label"))
        site_label = site_label if _LABEL.fullmatch(site_label) else "site"
        judged_over = shortest.get(_text(item.get("id")))
        for key in QUERIES:
            query = item.get(key)
            text = _text(query)
            if not isinstance(query, Scalar) or not text.strip():
                continue
            # A proof adds up what a whole observation gave: only what is judged slot by slot can be smeared.
            over = judged_over if key == "query" else None
            for one in promql(text, site_label=site_label, judged_over=over):
                place = query.within(one.offset)
                found.add(place.complaint(one.code, one.message, one.hint, severity=Weight(one.severity)))


def _shortest(rules: Iterable[StopRule]) -> dict[str, JudgedOver]:
    shortest: dict[str, JudgedOver] = {}
    for rule in rules:
        window = rule.window
        length = (window.n - 1 if window.m == window.n else window.n) * rule.step
        for criterion in rule.criteria:
            over = JudgedOver(length, rule.id)
            shortest[criterion.kpi] = min(shortest.get(criterion.kpi, over), over)
    return shortest


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
