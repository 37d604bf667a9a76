"""``absent()`` turns missing data into a value, and loses the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import ParsedQuery


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find every call of ``absent`` and ``absent_over_time``."""
    for node in query.root.walk():
        if node.function in {"absent", "absent_over_time"}:
            yield Finding(
                "absent",
                Severity.ERROR,
                f"{node.function}() makes a value out of missing data",
                "leave it out: a site without data is a state of its own; set the rule's policy with missing:",
                node.column,
            )
