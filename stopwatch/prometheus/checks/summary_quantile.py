"""Percentiles of a summary cannot be added or averaged over instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import Node, ParsedQuery


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find selectors by ``quantile`` below an aggregation."""
    for aggregation, node in _below(query.root, ""):
        yield Finding(
            "summary-quantile",
            Severity.WARNING,
            f"{aggregation} over a summary's quantile is not the percentile of the site",
            "use a histogram: histogram_quantile(…, sum by (site, le) (rate(…_bucket[…])))",
            node.column,
        )


def _below(node: Node, aggregation: str) -> Iterator[tuple[str, Node]]:
    """Selectors by quantile, each with the innermost aggregation above it."""
    if aggregation and _by_quantile(node):
        yield aggregation, node
    for child in node.children:
        yield from _below(child, node.aggregation or aggregation)


def _by_quantile(node: Node) -> bool:
    selector = node.selector
    return selector is not None and any(matcher.name == "quantile" for matcher in selector.matchers.matchers)
