"""The rules of a sustained breach read a second time, in the plainest way: what the core is compared with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

# One sentence of the rules can be read in two ways. Tests and core take the same one; here is which.
RECOVERY_LOOKS_THROUGH_MISSING = True
"""Counting good slots skips missing ones under every policy; otherwise not_breaching takes them for good ones."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition: ``value op threshold``; a volume under *volume_min* makes its slot missing."""

    op: str
    threshold: float
    recover: float
    volume_min: float | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """The numbers of one rule; *combine* is one, all or any; *policy* is the word after ``missing:``."""

    combine: str
    conditions: tuple[Condition, ...]
    n: int
    m: int
    extra: int
    policy: str
    coverage: Fraction
    recover_n: int
    stale_after: int
    error_after: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the window says: breach, clear, no_data or hold, and the numbers it was found with."""

    outcome: str
    low: int
    high: int
    used: int
    expected: int


@dataclass(frozen=True, slots=True)
class State:
    """Condition and overlays after one slot; *since* and *opened* are slots, *no_data* is the reason or None."""

    condition: str = "ok"
    since: int | None = None
    opened: int | None = None
    no_data: str | None = None
    failures: int = 0


# ------------------------------------------------------------------------------------------ classes of slots


def is_number(value: float) -> bool:
    """Infinities are numbers; NaN, by which an absent point is written, is none."""
    return not math.isnan(value)


def beyond(op: str, value: float, limit: float) -> bool:
    """Judge ``value op limit``."""
    if op == ">":
        return value > limit
    if op == ">=":
        return value >= limit
    if op == "<":
        return value < limit
    return value <= limit


def class_of(condition: Condition, value: float, volume: float) -> str:
    """B breaching, C clear, M missing, L missing because the volume is a number under the minimum."""
    if condition.volume_min is not None:
        if not is_number(volume):
            return "M"
        if volume < condition.volume_min:
            return "L"
    if not is_number(value):
        return "M"
    return "B" if beyond(condition.op, value, condition.threshold) else "C"


def recovery_class_of(condition: Condition, value: float, volume: float) -> str:
    """The same with the recovery limit: B still too bad, C good, M or L missing."""
    kind = class_of(condition, value, volume)
    if kind in "ML":
        return kind
    return "B" if beyond(condition.op, value, condition.recover) else "C"


def kleene(combine: str, kinds: Sequence[str]) -> str:
    """all: C if any C, else M if any M, else B.  any: B if any B, else M if any M, else C."""
    missing = [kind for kind in kinds if kind in "ML"]
    absent = "M" if "M" in missing else "L"
    if combine == "all":
        if "C" in kinds:
            return "C"
        return absent if missing else "B"
    if "B" in kinds:
        return "B"
    return absent if missing else "C"


def combined(rule: Rule, kinds: Sequence[str]) -> str:
    """Class one slot of the whole rule."""
    return kinds[0] if rule.combine == "one" else kleene(rule.combine, kinds)


def breach_classes(rule: Rule, values: Sequence[Sequence[float]], volumes: Sequence[Sequence[float]]) -> list[str]:
    """Class every slot; values[i] and volumes[i] belong to condition i."""
    found = []
    for at in range(len(values[0])):
        kinds = [class_of(c, values[i][at], volumes[i][at]) for i, c in enumerate(rule.conditions)]
        found.append(combined(rule, kinds))
    return found


def good_classes(rule: Rule, values: Sequence[Sequence[float]], volumes: Sequence[Sequence[float]]) -> list[str]:
    """G good, N not good, M not known, at every slot: the Kleene negation of the breach with the recovery limits."""
    found = []
    for at in range(len(values[0])):
        kinds = [recovery_class_of(c, values[i][at], volumes[i][at]) for i, c in enumerate(rule.conditions)]
        found.append({"B": "N", "C": "G", "M": "M", "L": "M"}[combined(rule, kinds)])
    return found


# ------------------------------------------------------------------------------------------ the window's verdict


def verdict(rule: Rule, window: Sequence[str]) -> Verdict:
    """Judge the classes of an evaluation range that is already cut; its last element is the newest slot."""
    if len(window) == 0:
        return Verdict("clear", 0, 0, 0, 0)
    real = [kind for kind in window if kind not in "ML"]
    use = real[max(0, len(real) - rule.n) :]
    n_eff = min(rule.n, len(window))
    fill = max(0, n_eff - len(real))
    low = use.count("B")
    high = low + fill
    return Verdict(outcome(rule, window, low=low, high=high, used=len(use), n_eff=n_eff), low, high, len(use), n_eff)


def outcome(rule: Rule, window: Sequence[str], *, low: int, high: int, used: int, n_eff: int) -> str:
    """Take the branches in the order in which they are written."""
    if low >= rule.m:
        return "breach"
    if high < rule.m:
        return "clear"
    if rule.policy == "breaching":
        return "breach"
    if rule.policy == "not_breaching":
        return "clear"
    unknown = "no_data" if rule.policy == "missing" else "hold"
    if used == 0 or Fraction(used, n_eff) < rule.coverage:
        return unknown
    if "C" not in window and "B" in window:
        age_of_oldest_breach = len(window) - list(window).index("B")
        if age_of_oldest_breach >= rule.m:
            return "breach" if rule.policy == "missing" else "hold"
    return "clear"


# ------------------------------------------------------------------------------------------ the state, slot by slot


def as_seen(rule: Rule, kind: str) -> str:
    """A slot in the eyes of the state: not_breaching takes missing for clear, breaching for breaching."""
    if kind in "ML":
        return {"not_breaching": "C", "breaching": "B"}.get(rule.policy, "M")
    return kind


def as_good(rule: Rule, kind: str) -> str:
    """A slot in the eyes of recovery: not_breaching takes missing for good, breaching for not good."""
    if kind == "M":
        return {"not_breaching": "G", "breaching": "N"}.get(rule.policy, "M")
    return kind


def run_of_breaches(rule: Rule, window: Sequence[str]) -> int | None:
    """How many slots back from the newest one (0 = itself) the run of B begins; None if the newest real is no B."""
    start = None
    for back in range(len(window)):
        kind = as_seen(rule, window[len(window) - 1 - back])
        if kind == "C":
            break
        if kind == "B":
            start = back
    return start


def has_recovered(rule: Rule, goods_since_opening: Sequence[str]) -> bool:
    """Apply the verdict function to good slots after the opening one; the last element is the newest slot."""
    n = rule.recover_n
    if len(goods_since_opening) < n:
        return False
    reach = n + rule.extra
    window = list(goods_since_opening)[-reach:]
    if not RECOVERY_LOOKS_THROUGH_MISSING:
        window = [as_good(rule, kind) for kind in window]
    real = [kind for kind in window if kind != "M"]
    low = real[max(0, len(real) - n) :].count("G")
    fill = max(0, n - len(real))
    return (low + fill if rule.policy == "not_breaching" else low) >= n


def absence(rule: Rule, window: Sequence[str], since_activation: Sequence[str], found: Verdict) -> str | None:
    """no_data and its reason, or None."""
    if rule.policy != "missing":
        return None
    last = since_activation[-rule.stale_after :]
    stale = len(last) == rule.stale_after and all(kind in "ML" for kind in last)
    if found.outcome != "no_data" and not stale:
        return None
    return "low_volume" if all(kind == "L" for kind in window if kind in "ML") else "missing"


def step(
    rule: Rule, before: State, classes: Sequence[str], goods: Sequence[str], slot: int, armed: int
) -> tuple[State, Verdict, str | None]:
    """
    Fold one slot.

    Args:
        rule: The rule.
        before: The state after the slot before.
        classes: Classes of the slots 0 … slot.
        goods: Whether they are good, likewise.
        slot: The slot to fold.
        armed: The activation slot.

    Returns:
        The state after the slot, its verdict, and "opened", "recovered" or None.

    """
    since_activation = classes[armed : slot + 1] if slot >= armed else []
    window = since_activation[-(rule.n + rule.extra) :]
    found = verdict(rule, window)
    no_data = absence(rule, window, since_activation, found)
    back = run_of_breaches(rule, window)
    run = None if back is None else slot - back
    event = None
    if before.condition in ("ok", "pending"):
        condition, since, opened = before.condition, before.since, None
        if found.outcome == "breach":
            condition, opened, event = "breached", slot, "opened"
            if before.since is None:
                since = slot if run is None else run
        elif found.outcome != "hold":
            condition = "ok" if run is None else "pending"
            since = run if run is None or before.since is None else min(run, before.since)
        return State(condition, since, opened, no_data), found, event
    assert before.opened is not None
    if has_recovered(rule, goods[before.opened + 1 : slot + 1]) and found.outcome != "breach":
        return State("ok" if run is None else "pending", run, None, no_data), found, "recovered"
    newest = as_good(rule, goods[slot])
    condition = before.condition
    if found.outcome == "breach" or newest == "N":
        condition = "breached"
    elif newest == "G":
        condition = "recovering"
    return State(condition, before.since, before.opened, no_data), found, event


def reported(rule: Rule, state: State) -> str:
    """breached/recovering > error > no_data > pending > ok."""
    if state.condition in ("breached", "recovering"):
        return state.condition
    if state.failures >= rule.error_after:
        return "error"
    if state.no_data is not None:
        return "no_data"
    return state.condition
