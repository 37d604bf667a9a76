"""A query must give one series per site; one that drops the site label gives one for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import promql_parser as promql

from stopwatch.prometheus.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.prometheus.tree import Node, ParsedQuery

_KEEPING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_UNLABELLED = frozenset({"vector", "time", "scalar", "pi"})
_SETS = frozenset({"and", "unless"})


def check(query: ParsedQuery) -> Iterator[Finding]:
    """Find what drops the site label, where that is certain."""
    dropper = _dropper(query.root, query.site_label)
    if dropper is not None:
        what = dropper.aggregation or dropper.function or dropper.operator or "a plain number"
        yield Finding(
            "site-label",
            Severity.ERROR,
            f"the result has no label {query.site_label}, which tells the sites apart: {what} drops it",
            f"keep it: by ({query.site_label}), or on ({query.site_label}) between two vectors",
            dropper.column,
        )


def _dropper(node: Node, label: str) -> Node | None:
    """The node that takes *label* off the result of *node*, None if the result may have it."""
    node = node.bare
    if node.aggregation:
        return _of_aggregation(node, label)
    if node.function:
        return _of_call(node, label)
    if node.operator:
        return _of_operator(node, label)
    if isinstance(node.expr, promql.SubqueryExpr):
        return _dropper(node.children[0], label)
    return node if isinstance(node.expr, promql.NumberLiteral) else None


def _of_aggregation(node: Node, label: str) -> Node | None:
    inner = node.children[-1]
    modifier = node.expr.modifier
    if node.aggregation in _KEEPING:
        return _dropper(inner, label)
    if node.aggregation == "count_values" and node.children[0].expr.val == label:
        return None
    if modifier is None:
        return node
    grouped = modifier.type == promql.AggModifierType.By
    if grouped != (label in modifier.labels):
        return node
    return _dropper(inner, label)


def _of_call(node: Node, label: str) -> Node | None:
    if node.function in _UNLABELLED:
        return node
    if node.function in {"label_replace", "label_join"} and getattr(node.children[1].expr, "val", None) == label:
        return None
    vectors = [child for child in node.children if not isinstance(child.bare.expr, promql.NumberLiteral)]
    droppers = [_dropper(child, label) for child in vectors if not isinstance(child.expr, promql.StringLiteral)]
    return droppers[0] if droppers and None not in droppers else None


def _of_operator(node: Node, label: str) -> Node | None:
    left, right = (_dropper(child, label) for child in node.children)
    if node.operator in _SETS:
        return left
    if node.operator == "or":
        return left if right is not None else None
    scalars = [_scalar(child) for child in node.children]
    if all(scalars):
        return node
    if any(scalars):
        return right if scalars[0] else left
    modifier = node.expr.modifier
    matching = modifier.matching if modifier is not None else None
    if modifier is not None and modifier.card == promql.VectorMatchCardinality.ManyToOne:
        return None if label in (modifier.group_labels or []) else left
    if modifier is not None and modifier.card == promql.VectorMatchCardinality.OneToMany:
        return None if label in (modifier.group_labels or []) else right
    if matching is not None and (matching.type == promql.LabelModifierType.Include) != (label in matching.labels):
        return node
    return left or right


def _scalar(node: Node) -> bool:
    """Whether *node* is a number, not a vector."""
    inner = node.bare
    if inner.operator:
        return all(_scalar(child) for child in inner.children)
    return isinstance(inner.expr, promql.NumberLiteral) or inner.function in {"time", "scalar", "pi"}
