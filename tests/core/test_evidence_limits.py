"""A limit in a bundle is the one that was written, times the frozen baseline where it is relative."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from stopwatch.core.evidence_limits import verify_limits
from stopwatch.core.kpi import KpiId, RuleId
from stopwatch.core.rule import Combine, Criterion, Limit, Op, ResolvedRule, StopRule
from stopwatch.core.window import Window

HALF_MORE = {"baseline": "median", "factor": "1.5", "bound": None}


def resolved(threshold: float, recover: float) -> ResolvedRule:
    criterion = Criterion(KpiId("load"), Op.ABOVE, Decimal(5))
    written = StopRule(RuleId("high"), Combine.ONE, (criterion,), Window(3, 3), recover_slots=2)
    return ResolvedRule(written, (Limit(KpiId("load"), Op.ABOVE, threshold, recover),))


def condition(threshold: object, recover: object = None, **frozen: float) -> dict[str, Any]:
    return {"threshold_written": threshold, "recover_written": recover, "baselines": frozen}


@pytest.mark.parametrize(
    ("rule", "written", "words"),
    [
        pytest.param(resolved(5.0, 5.0), condition("5"), [], id="a number"),
        pytest.param(resolved(5.0, 4.0), condition("5", "4"), [], id="two numbers"),
        pytest.param(resolved(6.0, 6.0), condition(HALF_MORE, median=4.0), [], id="relative"),
        pytest.param(resolved(9.0, 9.0), condition(HALF_MORE | {"bound": "9"}, median=4.0), [], id="the floor counts"),
        pytest.param(resolved(5.0, 5.0), condition("5.5"), ["the limit", "the recovery limit"], id="another number"),
        pytest.param(resolved(5.0, 4.0), condition("5", "3"), ["the recovery limit"], id="another recovery"),
        pytest.param(
            resolved(6.0, 6.0), condition(HALF_MORE, median=4.1), ["the limit", "the recovery"], id="baseline"
        ),
        pytest.param(resolved(6.0, 6.0), condition(HALF_MORE), ["does not follow from the bundle"], id="no baseline"),
        pytest.param(resolved(6.0, 6.0), condition(None), ["does not say"], id="nothing written"),
        pytest.param(resolved(5.0, 5.0), {"threshold_written": "6"}, [], id="written before limits were kept"),
    ],
)
def test_limits_follow_from_what_was_written(rule: ResolvedRule, written: dict[str, Any], words: list[str]) -> None:
    found = verify_limits([written], rule)
    assert len(found) == len(words)
    assert all(word in told for word, told in zip(words, found, strict=True))


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(condition("much"), id="no number"),
        pytest.param(condition({"baseline": "mode", "factor": "1", "bound": None}), id="unknown statistic"),
        pytest.param(condition("5") | {"baselines": []}, id="no object"),
        pytest.param({"recover_written": None, "baselines": {}}, id="nothing there"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_proofs_name(written: dict[str, Any]) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        verify_limits([written], resolved(5.0, 5.0))
