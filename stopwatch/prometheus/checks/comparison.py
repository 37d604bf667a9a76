"""A comparison at top level keeps only breaching sites, so that a clear site looks like a missing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import Node, ParsedQuery

_COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find comparisons whose outcome is the value of the query, also in parentheses and on the sides of ``or``."""
    for node in _top(query.root):
        yield Finding(
            "comparison",
            Severity.ERROR,
            f"the query compares ({node.operator}) instead of giving a value",
            "leave the comparison out and put it into the stop rule: op and threshold",
            node.column,
        )


def _top(node: Node) -> Iterator[Node]:
    node = node.bare
    if node.operator in _COMPARISONS:
        yield node
    elif node.operator == "or":
        for side in node.children:
            yield from _top(side)
    elif node.operator in {"and", "unless"}:
        yield from _top(node.children[0])
