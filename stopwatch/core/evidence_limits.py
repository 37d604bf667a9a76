"""Whether the limits of a bundle follow from what the rule file says and from the frozen baseline beside it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from stopwatch.core.errors import BaselineUnresolvedError
from stopwatch.core.kpi import KpiId
from stopwatch.core.resolve import resolve
from stopwatch.core.rule import BaselineThreshold, Criterion, Statistic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stopwatch.core.rule import Limit, ResolvedRule, Threshold


def verify_limits(conditions: Sequence[Mapping[str, object]], rule: ResolvedRule) -> list[str]:
    """
    Compute every limit anew from its written form; return what differs.

    Bundles from before limits were kept as written prove their limits by the rule's hash alone.

    Raises:
        KeyError, TypeError, ValueError: The written form cannot be read.

    """
    pairs = zip(rule.limits, conditions, strict=True)
    return [found for limit, each in pairs if "recover_written" in each for found in _verify(rule, limit, each)]


def _verify(rule: ResolvedRule, limit: Limit, condition: Mapping[str, object]) -> list[str]:
    threshold = _threshold(condition["threshold_written"])
    if threshold is None:
        return [f"the bundle does not say how the limit of {limit.kpi} was written"]
    criterion = Criterion(limit.kpi, limit.op, threshold, _threshold(condition["recover_written"]))
    frozen = condition["baselines"]
    if not isinstance(frozen, dict):
        raise TypeError("baselines is no object")
    baselines = {(KpiId(limit.kpi), Statistic(name)): float(number) for name, number in frozen.items()}
    try:
        (computed,) = resolve(replace(rule.written, criteria=(criterion,)), {}, baselines).limits
    except BaselineUnresolvedError as error:
        return [f"the limit of {limit.kpi} does not follow from the bundle: {error}"]
    told = (
        ("limit", computed.threshold, limit.threshold),
        ("recovery limit", computed.recover_threshold, limit.recover_threshold),
    )
    return [
        f"the {name} of {limit.kpi} is {own!r} by what was written and the baseline, the bundle says {stated!r}"
        for name, own, stated in told
        if own != stated
    ]


def _threshold(written: object) -> Threshold | None:
    if written is None:
        return None
    if isinstance(written, dict):
        bound = _number(written["bound"]) if written["bound"] is not None else None
        return BaselineThreshold(Statistic(written["baseline"]), _number(written["factor"]), bound)
    return _number(written)


def _number(text: object) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation:
        raise ValueError(f"{text!r} is no number") from None
