"""An instant selector repeats the last sample for five minutes after its exporter has died."""

from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser as promql

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import Node, ParsedQuery


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find every selector that has no range and stands in no subquery."""
    for node in _instant(query.root):
        yield Finding(
            "bare-selector",
            Severity.WARNING,
            f"{node.expr.name or 'the selector'} has no range: a dead exporter's last sample counts for 5 more minutes",
            "use a range function over about two scrapes, such as last_over_time(…[2m])",
            node.column,
        )


def _instant(node: Node) -> Iterator[Node]:
    if isinstance(node.expr, promql.VectorSelector):
        yield node
    if not isinstance(node.expr, promql.SubqueryExpr):
        for child in node.children:
            yield from _instant(child)
