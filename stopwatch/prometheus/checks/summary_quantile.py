"""Percentiles of a summary belong to one process, and cannot be added or averaged over several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import Node, ParsedQuery


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find selectors by ``quantile``."""
    for aggregation, node in _selected(query.root, ""):
        message = "a summary's quantile is that of one process over its own ten minutes, not of the site"
        if aggregation:
            message = f"{aggregation} over a summary's quantile is not the percentile of the site"
        yield Finding(
            "summary-quantile",
            Severity.WARNING,
            message,
            "use a histogram: histogram_quantile(…, sum by (site, le) (rate(…_bucket[…])))",
            node.column,
        )


def _selected(node: Node, aggregation: str) -> Iterator[tuple[str, Node]]:
    """Selectors by quantile, each with the innermost aggregation above it."""
    if _by_quantile(node):
        yield aggregation, node
    for child in node.children:
        yield from _selected(child, node.aggregation or aggregation)


def _by_quantile(node: Node) -> bool:
    selector = node.selector
    return selector is not None and any(matcher.name == "quantile" for matcher in selector.matchers.matchers)
