"""The parser's tree of one expression, with the column of every node."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import promql_parser as promql

from stopwatch.prometheus.columns import columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

_WRAPPERS = (promql.ParenExpr, promql.UnaryExpr, promql.SubqueryExpr)


@dataclass(frozen=True, slots=True)
class Node:
    """One node: *expr* of the parser, its *column* (offset in characters), and what stands below it in text order."""

    expr: Any
    column: int
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        """Give this node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def operator(self) -> str:
        """The binary operator in lower case, empty if it is none."""
        return str(self.expr.op).lower() if isinstance(self.expr, promql.BinaryExpr) else ""

    @property
    def function(self) -> str:
        """The name of the function called, empty if it is none."""
        return str(self.expr.func.name) if isinstance(self.expr, promql.Call) else ""

    @property
    def aggregation(self) -> str:
        """The name of the aggregation in lower case, empty if it is none."""
        return str(self.expr.op).lower() if isinstance(self.expr, promql.AggregateExpr) else ""

    @property
    def selector(self) -> Any:  # noqa: ANN401 -- the parser's own class, with or without a range
        """The vector selector that this node is, with or without a range; None if it is none."""
        if isinstance(self.expr, promql.MatrixSelector):
            return self.expr.vector_selector
        return self.expr if isinstance(self.expr, promql.VectorSelector) else None

    @property
    def range(self) -> timedelta | None:
        """The length of the range selected here, by a selector or a subquery."""
        ranged = isinstance(self.expr, promql.MatrixSelector | promql.SubqueryExpr)
        return self.expr.range if ranged else None

    @property
    def bare(self) -> Node:
        """What stands inside the parentheses and behind the sign, if there are any."""
        inner = self
        while isinstance(inner.expr, promql.ParenExpr | promql.UnaryExpr):
            inner = inner.children[0]
        return inner


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """
    An expression that parses: its tree, the label that tells sites apart, and the window it is judged over.

    *rule* says which rule has that window, empty if it has no name.
    """

    root: Node
    site_label: str
    window: timedelta | None
    rule: str = ""


def tree(expression: str) -> Node:
    """
    Parse *expression*.

    Raises:
        ValueError: It does not parse.

    """
    # Should the text ever show fewer places than the tree has nodes, the carets are at the start and nothing worse.
    return _node(promql.parse(expression), chain(columns(expression), repeat(0)))


def _node(expr: Any, places: Iterator[int]) -> Node:  # noqa: ANN401 -- the parser's classes share no useful parent
    if isinstance(expr, _WRAPPERS):
        child = _node(expr.expr, places)
        return Node(expr, child.column, (child,))
    if isinstance(expr, promql.BinaryExpr):
        left = _node(expr.lhs, places)
        place = next(places)
        return Node(expr, place, (left, _node(expr.rhs, places)))
    if isinstance(expr, promql.Call):
        place = next(places)
        return Node(expr, place, tuple(_node(argument, places) for argument in expr.args))
    if isinstance(expr, promql.AggregateExpr):
        place = next(places)
        inner = [expr.expr] if expr.param is None else [expr.param, expr.expr]
        return Node(expr, place, tuple(_node(part, places) for part in inner))
    if isinstance(expr, promql.VectorSelector | promql.MatrixSelector):
        return Node(expr, next(places))
    return Node(expr, 0)
