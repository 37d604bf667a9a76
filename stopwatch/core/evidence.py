"""Evidence that proves itself: from a frozen bundle alone, its hash, its classes and its verdict are computed anew."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.audit import canonical_json
from stopwatch.core.evidence_limits import verify_limits
from stopwatch.core.kpi import KpiId, RuleId
from stopwatch.core.rollback_proof import ROLLBACK, verify_rollback
from stopwatch.core.rule import Combine, Limit, Mode, Op, ResolvedRule, Severity, StopRule
from stopwatch.core.sample import Samples, Slots, classify
from stopwatch.core.state import Change, armed_slot, rearmed
from stopwatch.core.verdict import Outcome, Verdict, judge, recovered
from stopwatch.core.window import Missing, Window
from stopwatch.core.written import instant_of, numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError)
"""What a bundle that somebody tampered with may raise while it is read."""
APPENDIX = "appendix"
"""The *kind* of a bundle that holds the rest of another one's windows."""


def rule_of(record: Mapping[str, object]) -> ResolvedRule:
    """
    Return the rule that `ResolvedRule.record` wrote; what judging does not need (links, phases) is left out.

    Raises:
        KeyError, TypeError, ValueError: It is no such record.

    """
    plain = json.loads(canonical_json(record))
    window = Window(plain["n"], plain["m"], plain["extra_slots"], Missing(plain["missing"]), plain["min_coverage"])
    written = StopRule(
        RuleId(plain["id"]),
        Combine(plain["combine"]),
        (),
        window,
        plain["recover_slots"],
        step=timedelta(seconds=plain["step_seconds"]),
        eval_delay=timedelta(seconds=plain["eval_delay_seconds"]),
        stale_after=plain["stale_after"],
        error_after=plain["error_after"],
        settle=timedelta(seconds=plain["settle_seconds"]),
        severity=Severity(plain["severity"]),
        mode=Mode(plain["mode"]),
    )
    limits = tuple(
        Limit(KpiId(each["kpi"]), Op(each["op"]), each["threshold"], each["recover_threshold"], each["volume_min"])
        for each in plain["conditions"]
    )
    return ResolvedRule(written, limits)


def samples_of(conditions: Sequence[Mapping[str, object]]) -> list[Samples]:
    """
    Return the samples of every condition of a bundle.

    Raises:
        KeyError, TypeError, ValueError: They cannot be read.

    """
    return [Samples(numbers_of(each["values"]), _volumes(each["volumes"])) for each in conditions]


def verdict_json(verdict: Verdict) -> dict[str, object]:
    """Write a verdict with its counts."""
    return {
        "outcome": verdict.outcome.value,
        "branch": verdict.branch.value,
        "low": verdict.low,
        "high": verdict.high,
        "used": verdict.used,
        "expected": verdict.expected,
    }


def verify_body(sha256: str, body: str) -> list[str]:
    """Return what is wrong with a stored bundle: its hash, its spelling, what it says; nothing if it proves itself."""
    found = []
    own = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    if own != sha256:
        found.append(f"the hash of the bundle is {own}, not {sha256}: it was changed after it was frozen")
    try:
        bundle = json.loads(body)
        if canonical_json(bundle) != body:
            found.append("the bundle is not written in canonical JSON")
    except (ValueError, RecursionError) as error:
        return [*found, f"the bundle is no JSON: {error}"]
    if not isinstance(bundle, dict):
        return [*found, "the bundle is no JSON object"]
    return found + verify(bundle)


def verify(bundle: Mapping[str, object]) -> list[str]:
    """
    Compute classes, verdict and opening of a bundle anew from its values, limits and rule; return what differs.

    A manual stop's bundle holds what a person said; there is nothing to compute in it. An appendix is computed with the
    bundle it belongs to (`stopwatch.core.appendix`).
    """
    if bundle.get("kind") == APPENDIX:
        absent = [name for name in ("of", "read_at", "first_slot", "conditions") if not bundle.get(name)]
        return [f"the appendix names no {name}" for name in absent]
    if bundle.get("kind") == ROLLBACK:
        return _read(verify_rollback, bundle)
    if "rule" not in bundle:
        absent = [name for name in ("criterion", "reason", "actor", "at") if not bundle.get(name)]
        return [f"the bundle of a manual stop names no {name}" for name in absent]
    return _read(_verify_rule, bundle)


def _read(verify_it: Callable[[Mapping[str, object]], list[str]], bundle: Mapping[str, object]) -> list[str]:
    try:
        return verify_it(bundle)
    except _UNREADABLE as error:
        return [f"the bundle cannot be read: {type(error).__name__}: {error}"]


def _verify_rule(bundle: Mapping[str, object]) -> list[str]:
    record = _mapping(bundle["rule"])
    rule = rule_of(record)
    found = []
    if rule.record() != record or rule.hash != bundle["rule_hash"]:
        found.append(f"the rule's hash is {rule.hash}, the bundle says {bundle['rule_hash']}")
    conditions = bundle["conditions"]
    if not isinstance(conditions, list):
        raise TypeError("conditions is no list")
    first = rule.grid.at_or_after(instant_of(bundle["first_slot"]))
    samples = samples_of(conditions)
    slots = classify(rule, first, samples)
    for name, computed in (("classes", slots.classes), ("good", slots.good)):
        found += _differing(name, computed.decode(), str(bundle[name]))
    found += [
        f"the values of {condition['kpi']} are judged by the limit of {limit.kpi}"
        for limit, condition in zip(rule.limits, conditions, strict=True)
        if condition["kpi"] != limit.kpi
    ]
    found += verify_limits(conditions, rule)
    return found + _verify_times(bundle, rule, slots) + _verify_verdict(bundle, rule, slots)


def _verify_times(bundle: Mapping[str, object], rule: ResolvedRule, slots: Slots) -> list[str]:
    at, opened, since = (instant_of(bundle[name]) for name in ("at", "opened_at", "pending_since"))
    found = []
    if rule.grid.instant(slots.first) != instant_of(bundle["first_slot"]):
        found.append("the first slot does not lie on the rule's grid")
    if rule.grid.instant(slots.last) != at:
        found.append(f"the newest slot is {rule.grid.instant(slots.last).isoformat()}, not the one judged at {at}")
    if not since <= opened <= at:
        found.append("the breach began after it was opened, or was opened after it was judged")
    if bundle["change"] == Change.OPENED.value and opened != at:
        found.append("an opening is judged at its own slot, not at another")
    if since < instant_of(bundle["armed_at"]):
        found.append("the breach began before the rule was armed")
    return found


def _verify_verdict(bundle: Mapping[str, object], rule: ResolvedRule, slots: Slots) -> list[str]:
    armed = armed_slot(rule, rearmed(instant_of(bundle["armed_at"])))
    begin = max(armed, slots.last - rule.window.reach + 1)
    if begin < slots.first:
        return ["the bundle does not reach back over the whole evaluation range"]
    verdict = judge(rule.window, slots.classes[begin - slots.first :])
    computed, stated = verdict_json(verdict), _mapping(bundle["verdict"])
    found = [
        f"the verdict's {name} is {computed.get(name)}, the bundle says {stated.get(name)}"
        for name in sorted({*computed, *stated})
        if computed.get(name) != stated.get(name)
    ]
    if bundle["change"] == Change.OPENED.value:
        if verdict.outcome is not Outcome.BREACH:
            found.append(f"the verdict is {verdict.outcome}, so nothing opens")
    elif bundle["change"] == Change.RECOVERED.value:
        found += _verify_recovery(bundle, rule, slots, verdict)
    else:
        found.append(f"{bundle['change']!r} is neither an opening nor a recovery")
    return found


def _verify_recovery(bundle: Mapping[str, object], rule: ResolvedRule, slots: Slots, verdict: Verdict) -> list[str]:
    after = max(0, rule.grid.at_or_before(instant_of(bundle["opened_at"])) + 1 - slots.first)
    found = []
    if not recovered(rule.window, rule.written.recover_slots, slots.good[after:]):
        found.append("the slots after the opening do not prove a recovery")
    if verdict.outcome is Outcome.BREACH:
        found.append("the breach still holds, so nothing recovers")
    if not isinstance(bundle.get("recovers"), str):
        found.append("a recovery names the hash of the opening it ends")
    return found


def _differing(name: str, computed: str, stated: str) -> list[str]:
    if computed == stated:
        return []
    if len(computed) != len(stated):
        return [f"there are {len(stated)} {name} for {len(computed)} slots"]
    at = next(place for place, (one, other) in enumerate(zip(computed, stated, strict=True)) if one != other)
    return [f"{name}: slot {at} of the bundle is {computed[at]} by its values, the bundle says {stated[at]}"]


def _volumes(written: object) -> list[float] | None:
    return None if written is None else numbers_of(written)


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise TypeError("an object was expected")
    return value
