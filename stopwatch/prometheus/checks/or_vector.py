"""``or vector(…)`` fills in a value that belongs to no site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import ParsedQuery


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find every ``or`` whose right side is a call of ``vector``."""
    for node in query.root.walk():
        if node.operator == "or" and node.children[1].bare.function == "vector":
            yield Finding(
                "or-vector",
                Severity.WARNING,
                "or vector() adds a series without the site label and hides missing data",
                "fill in from a series that exists for each site: … or total * 0",
                node.column,
            )
