"""Static checks of KPI queries: what can be known about an expression without asking Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.prometheus.checks import (
    absent,
    bare_ratio,
    bare_selector,
    comparison,
    or_vector,
    site_label,
    summary_quantile,
    wide_range,
)
from stopwatch.prometheus.columns import blanked, too_deep
from stopwatch.prometheus.finding import Finding, Severity
from stopwatch.prometheus.tree import ParsedQuery, tree

if TYPE_CHECKING:
    from datetime import timedelta

CHECKS = (
    comparison.check,
    absent.check,
    site_label.check,
    or_vector.check,
    bare_selector.check,
    bare_ratio.check,
    wide_range.check,
    summary_quantile.check,
)
LONGEST_EXPRESSION = 20_000


def findings(
    expression: str, *, site: str = "site", window: timedelta | None = None, rule: str = ""
) -> tuple[Finding, ...]:
    """
    Give every remark on *expression*, in the order of the text.

    *site* is the label that tells sites apart, *window* the shortest window that the query is judged over, by *rule*.
    """
    refused = _refused(expression)
    if refused is not None:
        return (refused,)
    query = ParsedQuery(tree(expression), site, window, rule)
    found = [finding for check in CHECKS for finding in check(query)]
    return tuple(sorted(found, key=lambda finding: finding.column))


def ranges(expression: str) -> tuple[timedelta, ...]:
    """Give the ranges that *expression* looks back over, longest first; none if it does not parse."""
    if _refused(expression) is not None:
        return ()
    found = {node.range for node in tree(expression).walk() if node.range is not None}
    return tuple(sorted(found, reverse=True))


def _refused(expression: str) -> Finding | None:
    """Why *expression* cannot be looked into, if so."""
    if len(expression) > LONGEST_EXPRESSION or too_deep(expression):
        hint = "shorten it, for instance by a recording rule"
        return Finding("promql-syntax", Severity.ERROR, "the expression is too long or too deep", hint, 0)
    try:
        tree(expression)
    except ValueError as error:
        words = str(error).strip() or "it does not parse"
        hint = "see the query language of Prometheus; $sites belongs inside quotes"
        message = f"not a PromQL expression: {words}"
        return Finding("promql-syntax", Severity.ERROR, message, hint, _place(expression, words))
    return None


def _place(expression: str, words: str) -> int:
    """The parser names no place; guess it from its words."""
    if "unexpected" in words and (closing := _unmatched(expression)) is not None:
        return closing
    if "end of input" in words or "unclosed" in words:
        return len(expression.rstrip())
    quoted = words.split("'")[1] if words.count("'") > 1 else ""
    return max(0, expression.find(quoted)) if quoted else 0


def _unmatched(expression: str) -> int | None:
    """Offset of the first closing parenthesis that nothing opens."""
    depth = 0
    for place, character in enumerate(blanked(expression)):
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return place
    return None
