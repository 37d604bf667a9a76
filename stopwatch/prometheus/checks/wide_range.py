"""A range longer than a third of the window smears one bad minute over the whole of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import promql_parser as promql

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import ParsedQuery

SECOND = timedelta(seconds=1)
SHARE = 3
"""A range may be at most one third of the window."""


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find ranges longer than a third of the window; without a window there is nothing to say."""
    if query.window is None:
        return
    whose = f" of rule {query.rule}" if query.rule else ""
    most = promql.display_duration(query.window // SHARE // SECOND * SECOND)
    for node in query.root.walk():
        if node.range is not None and SHARE * node.range > query.window:
            window, length = promql.display_duration(query.window), promql.display_duration(node.range)
            yield Finding(
                "wide-range",
                Severity.WARNING,
                f"the range {length} is more than a third of the window {window}{whose}",
                f"use a range of at most {most}, or lengthen the rule's window",
                node.column,
            )
