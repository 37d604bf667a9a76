"""A ratio whose numerator has no series yet has no value, so an error-free site looks like a silent one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser as promql

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import Node, ParsedQuery


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find divisions of one selection by another without ``or … * 0`` above or around the numerator."""
    for node in _ratios(query.root):
        yield Finding(
            "bare-ratio",
            Severity.WARNING,
            "the ratio has no value while its numerator has no series",
            "write (numerator or denominator * 0) / denominator",
            node.column,
        )


def _ratios(node: Node) -> Iterator[Node]:
    if node.operator == "or" and _zero(node.children[1]):
        return
    if node.operator == "/" and _may_lack(*node.children):
        yield node
    for child in node.children:
        yield from _ratios(child)


def _may_lack(numerator: Node, denominator: Node) -> bool:
    """Whether *denominator* may have series where *numerator* has none."""
    above, below = _selected(numerator), _selected(denominator)
    if not above or not below or above == below:
        return False
    if any(node.operator == "or" for node in numerator.walk()):
        return False
    return {_family(name, "_sum") for name in above} != {_family(name, "_count") for name in below}


def _selected(node: Node) -> set[str]:
    """The selectors below *node*, without their ranges, as text."""
    return {str(found.selector) for found in node.walk() if found.selector is not None}


def _family(selector: str, suffix: str) -> str:
    """Take *suffix* off the metric's name: the sum and the count of one histogram always come together."""
    name, brace, rest = selector.partition("{")
    return (name.removesuffix(suffix) if name.endswith(suffix) else selector + suffix) + brace + rest


def _zero(node: Node) -> bool:
    """Whether *node* is something times nought, or nought alone."""
    inner = node.bare
    parts = inner.children if inner.operator == "*" else (inner,)
    return any(isinstance(part.bare.expr, promql.NumberLiteral) and part.bare.expr.val == 0 for part in parts)
