"""A bundle proves itself, and nothing in it can be changed without being found."""

from __future__ import annotations

import copy
import hashlib
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.audit import canonical_json, content_hash, finite
from stopwatch.core.evidence import rule_of, verdict_json, verify, verify_body
from stopwatch.core.grid import rfc3339
from stopwatch.core.kpi import KpiId, RuleId
from stopwatch.core.rule import Combine, Criterion, Limit, Op, ResolvedRule, StopRule
from stopwatch.core.sample import Samples, classify
from stopwatch.core.verdict import judge
from stopwatch.core.window import Missing, Window
from stopwatch.core.written import number_of

AT = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def resolved(window: Window | None = None, recover_slots: int = 2) -> ResolvedRule:
    criterion = Criterion(KpiId("load"), Op.ABOVE, Decimal(5), Decimal(4))
    written = StopRule(RuleId("high"), Combine.ONE, (criterion,), window or Window(3, 3, 2), recover_slots)
    return ResolvedRule(written, (Limit(KpiId("load"), Op.ABOVE, 5.0, 4.0, 10.0),))


def bundle(
    values: list[float], volumes: list[float] | None = None, *, change: str = "opened", opened: int = 0, begun: int = 2
) -> dict[str, Any]:
    """The bundle of an event at `AT`, its newest slot; *opened* and *begun* count slots back from it."""
    rule = resolved()
    volumes = volumes or [50.0] * len(values)
    slots = classify(rule, rule.grid.at_or_before(AT) - len(values) + 1, [Samples(values, volumes)])
    written: dict[str, Any] = {
        "version": 1,
        "change": change,
        "at": rfc3339(AT),
        "opened_at": rfc3339(AT - opened * MINUTE),
        "pending_since": rfc3339(AT - begun * MINUTE),
        "armed_at": "2026-11-21T09:00:00Z",
        "rule": rule.record(),
        "rule_hash": rule.hash,
        "first_slot": rfc3339(rule.grid.instant(slots.first)),
        "classes": slots.classes.decode(),
        "good": slots.good.decode(),
        "conditions": [{"kpi": "load", "values": [finite(v) for v in values], "volumes": [finite(v) for v in volumes]}],
        "verdict": verdict_json(judge(rule.window, slots.classes[-5:])),
    }
    return written | ({"recovers": "0" * 64} if change == "recovered" else {})


OPENING = [1.0, 2.0, float("nan"), 1.0, float("inf"), 9.0, 8.0]
RECOVERY = [9.0, 9.0, 9.0, 9.0, 1.0, 2.0]
BODY = canonical_json(bundle(OPENING))


@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(bundle(OPENING), id="opening"),
        pytest.param(bundle(RECOVERY, change="recovered", opened=3, begun=5), id="recovery"),
        pytest.param({"criterion": "sev1", "reason": "fire", "actor": "cli:eva", "at": rfc3339(AT)}, id="manual stop"),
    ],
)
def test_a_bundle_as_it_was_frozen_proves_itself(whole: dict[str, Any]) -> None:
    assert verify_body(content_hash(whole), canonical_json(whole)) == []


@pytest.mark.parametrize("lacking", ["criterion", "reason", "actor", "at"])
def test_a_manual_stop_that_lacks_a_word_does_not_prove_itself(lacking: str) -> None:
    said = {"criterion": "sev1", "reason": "fire", "actor": "cli:eva", "at": rfc3339(AT), lacking: ""}
    assert verify_body(content_hash(said), canonical_json(said)) == [f"the bundle of a manual stop names no {lacking}"]


@given(at=st.integers(0, len(BODY.encode()) - 1), mask=st.integers(1, 255))
def test_any_flipped_byte_is_found(at: int, mask: int) -> None:
    spoilt = bytearray(BODY.encode())
    spoilt[at] ^= mask
    assert verify_body(hashlib.sha256(BODY.encode()).hexdigest(), spoilt.decode("utf-8", "surrogateescape"))


CHANGES: dict[str, tuple[tuple[str | int, ...], object]] = {
    "a value that breached": (("conditions", 0, "values", 5), 1.0),
    "a value that was clear": (("conditions", 0, "values", 0), 7.0),
    "a value taken away": (("conditions", 0, "values", 6), None),
    "a volume below its least": (("conditions", 0, "volumes", 6), 1.0),
    "a class": (("classes",), "BCMCBBB"),
    "whether a slot is good": (("good",), "GGMGNNG"),
    "the limit": (("rule", "conditions", 0, "threshold"), 8.5),
    "the limit's KPI": (("conditions", 0, "kpi"), "delay"),
    "how many must breach": (("rule", "m"), 2),
    "the rule's hash": (("rule_hash",), "0" * 64),
    "the count of breaching slots": (("verdict", "low"), 2),
    "the outcome": (("verdict", "outcome"), "clear"),
    "when it was judged": (("at",), "2026-11-21T10:16:00Z"),
    "when it opened": (("opened_at",), "2026-11-21T10:14:00Z"),
    "when it began": (("pending_since",), "2026-11-21T10:16:00Z"),
    "when the rule was armed": (("armed_at",), "2026-11-21T10:14:00Z"),
    "the first slot": (("first_slot",), "2026-11-21T10:08:00Z"),
    "what it is": (("change",), "recovered"),
    "what it is, to nonsense": (("change",), "closed"),
    "a value, to text": (("conditions", 0, "values", 1), "much"),
    "all conditions": (("conditions",), {}),
}


@pytest.mark.parametrize(("path", "lie"), [pytest.param(*change, id=name) for name, change in CHANGES.items()])
def test_a_lie_is_found_even_if_the_hash_was_made_to_fit(path: tuple[str | int, ...], lie: object) -> None:
    spoilt: Any = copy.deepcopy(bundle(OPENING))
    place = spoilt
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = lie
    assert verify_body(content_hash(spoilt), canonical_json(spoilt))


VALUES = st.lists(
    st.sampled_from([1.0, 4.5, 5.0, 5.1, 9.0, float("nan"), float("inf"), float("-inf")]), min_size=5, max_size=15
)


@given(values=VALUES)
def test_a_bundle_is_an_opening_only_if_its_window_breaches(values: list[float]) -> None:
    rule = resolved()
    slots = classify(rule, 0, [Samples(values, [50.0] * len(values))])
    breaches = judge(rule.window, slots.classes[-rule.window.reach :]).outcome.value == "breach"
    assert (verify(bundle(values)) == []) == breaches


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param([9.0, 9.0, 9.0, 9.0, 4.5, 2.0], "prove a recovery", id="not yet good enough"),
        pytest.param([9.0, 9.0, 9.0, float("nan"), 1.0, 9.0], "prove a recovery", id="worse again"),
    ],
)
def test_a_recovery_that_is_none_is_found(values: list[float], words: str) -> None:
    assert any(words in found for found in verify(bundle(values, change="recovered", opened=3, begun=5)))


@pytest.mark.parametrize("missing", sorted(set(bundle(OPENING)) - {"rule", "version"}))
def test_a_bundle_that_lacks_a_member_does_not_prove_itself(missing: str) -> None:
    whole = bundle(OPENING)
    del whole[missing]
    assert verify(whole)


@given(body=st.text() | st.recursive(st.none() | st.integers(), st.lists).map(json.dumps))
def test_any_text_is_judged_without_an_exception(body: str) -> None:
    assert verify_body("0" * 64, body)


def test_the_rule_is_read_back_as_it_was_written() -> None:
    rule = resolved(Window(15, 12, 0, Missing.NOT_BREACHING, 0.5), recover_slots=7)
    assert rule_of(rule.record()).record() == rule.record()
    assert rule_of(rule.record()).hash == rule.hash


@given(number=st.floats())
def test_a_sample_is_read_back_as_it_was_written(number: float) -> None:
    again = number_of(finite(number))
    assert again == number or (again != again and number != number)  # noqa: PLR0124 – NaN is the only such value
