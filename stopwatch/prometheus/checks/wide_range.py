"""A range longer than a third of the window smears one bad minute over the whole of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser as promql

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import ParsedQuery


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find ranges longer than a third of the window; without a window there is nothing to say."""
    if query.window is None:
        return
    for node in query.root.walk():
        if node.range is not None and 3 * node.range > query.window:
            window = promql.display_duration(query.window)
            yield Finding(
                "wide-range",
                Severity.WARNING,
                f"the range {promql.display_duration(node.range)} is more than a third of the window {window}",
                "shorten the range, or lengthen the rule's window",
                node.column,
            )
