"""The state of one rule at one site: two axes, condition and data health, folded over slots in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.sample import ABSENT, ANY_MISSING, BAD, BREACHING, CLEAR, GOOD, UNKNOWN, Absence, Slots
from stopwatch.core.verdict import Outcome, Verdict, judge, recovered
from stopwatch.core.window import Missing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stopwatch.core.rule import ResolvedRule

_NOT_CLEAR = re.compile(rb"[^C]")
_NOT_BREACHING = re.compile(rb"[^B]")
_AS_BREACHING = bytes.maketrans(b"ML", b"BB")
_AS_CLEAR = bytes.maketrans(b"ML", b"CC")


class Condition(StrEnum):
    """How far a breach has got."""

    OK = "ok"
    PENDING = "pending"
    BREACHED = "breached"
    RECOVERING = "recovering"

    @property
    def entered(self) -> bool:
        """Whether the rule is within a breach (breached or recovering)."""
        return self in {Condition.BREACHED, Condition.RECOVERING}


class Reported(StrEnum):
    """What people are shown: breached/recovering > error > no_data > pending > ok."""

    OK = "ok"
    PENDING = "pending"
    NO_DATA = "no_data"
    ERROR = "error"
    RECOVERING = "recovering"
    BREACHED = "breached"

    @property
    def rank(self) -> int:
        """Worse states rank higher."""
        return _RANKS[self]


_RANKS = {state: rank for rank, state in enumerate(Reported)}


@dataclass(frozen=True, slots=True)
class RuleState:
    """
    Where one rule at one site stands.

    *armed_at* is the go-live or the last re-arm; slots before it (plus settle) do not exist. *pending_since* and
    *opened_at* are slot instants. *no_data* says why data are missing, if they are. *failures* counts failed
    evaluations in a row.
    """

    armed_at: datetime
    condition: Condition = Condition.OK
    pending_since: datetime | None = None
    opened_at: datetime | None = None
    no_data: Absence | None = None
    failures: int = 0

    def reported(self, rule: ResolvedRule) -> Reported:
        """Fold both axes into the one word people are shown."""
        if self.condition.entered:
            return Reported(self.condition.value)
        if self.failures >= rule.written.error_after:
            return Reported.ERROR
        if self.no_data is not None:
            return Reported.NO_DATA
        return Reported(self.condition.value)


class Change(StrEnum):
    """The two entries of a rule's event log."""

    OPENED = "opened"
    RECOVERED = "recovered"


@dataclass(frozen=True, slots=True)
class RuleEvent:
    """An entry into ``breached`` or the end of it; *at* is the slot's instant, *opened_at* the opening slot's."""

    change: Change
    at: datetime
    opened_at: datetime
    pending_since: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """The state after one slot, with the verdict and the event (if any) that slot brought."""

    slot: int
    state: RuleState
    verdict: Verdict
    event: RuleEvent | None = None


def armed_slot(rule: ResolvedRule, state: RuleState) -> int:
    """Return the first slot that exists: ceil((armed_at + settle) / step)."""
    return rule.grid.at_or_after(state.armed_at + rule.written.settle)


def failed(state: RuleState) -> RuleState:
    """Count one failed evaluation; no slot is consumed and no condition changes."""
    return replace(state, failures=state.failures + 1)


def rearmed(at: datetime) -> RuleState:
    """Return the state of a rule that starts afresh at *at* (go-live, or the end of a decision it was a ground of)."""
    return RuleState(armed_at=at)


def fold(rule: ResolvedRule, state: RuleState, slots: Slots, *, start: int) -> tuple[RuleState, list[RuleEvent]]:
    """
    Fold the slots *start* … ``slots.last`` into *state*, oldest first.

    Args:
        rule: The resolved rule.
        state: The state after slot ``start - 1``.
        slots: Classes that reach back ``rule.history`` slots before *start*, or to the activation slot.
        start: The first slot not yet folded.

    """
    events: list[RuleEvent] = []
    for step in _steps(rule, state, slots, start, whole=False):
        state = step.state
        if step.event is not None:
            events.append(step.event)
    return (replace(state, failures=0) if state.failures else state), events


def walk(rule: ResolvedRule, state: RuleState, slots: Slots, *, start: int, whole: bool = True) -> Iterator[Step]:
    """
    Fold as `fold` does, yielding every slot with its verdict; slots before activation are not yielded.

    Without *whole*, slots that change nothing and hold no breaching slot in their range may be passed over, and full
    ranges of a lasting breach.
    """
    return _steps(rule, state, slots, start, whole=whole)


def _steps(rule: ResolvedRule, state: RuleState, slots: Slots, start: int, *, whole: bool) -> Iterator[Step]:
    armed = armed_slot(rule, state)
    origin = max(slots.first, armed) - slots.first
    index = max(start - slots.first, origin)
    classes, reach = slots.classes, rule.window.reach
    while index < len(classes):
        if not whole:
            index = _skip(state, classes, index, max(origin, index - reach + 1), reach)
            if index >= len(classes):
                return
        step = _step(rule, state, slots, index, origin, armed)
        state = step.state
        yield step
        index += 1


def _skip(state: RuleState, classes: bytes, index: int, begin: int, reach: int) -> int:
    """
    Return the next slot that can change anything.

    A rule that is plainly ok and sees nothing but clear slots in its range stays so; likewise one that is breached and
    sees nothing but breaching slots in a full range.
    """
    if state.condition is Condition.OK and state.no_data is None:
        other = _NOT_CLEAR
    elif state.condition is Condition.BREACHED and state.no_data is None and index - begin + 1 >= reach:
        other = _NOT_BREACHING
    else:
        return index
    found = other.search(classes, begin)
    if found is None:
        return len(classes)
    return max(index, found.start())


def _step(rule: ResolvedRule, state: RuleState, slots: Slots, index: int, origin: int, armed: int) -> Step:
    """Advance by the slot at *index*; *origin* is the index of the oldest slot that exists here."""
    window, slot = rule.window, slots.first + index
    seen = slots.classes[max(origin, index - window.reach + 1) : index + 1]
    verdict = judge(window, seen)
    recent = slots.classes[max(origin, index + 1 - rule.written.stale_after) : index + 1]
    no_data = _absence(rule, verdict, seen, recent, since_armed=slot - armed + 1)
    if state.condition.entered:
        after, event = _within_breach(rule, state, slots, index, origin, (verdict, seen))
    else:
        after, event = _towards_breach(rule, state, slot, (verdict, seen))
    if after.no_data is not no_data or after.failures:
        after = replace(after, no_data=no_data, failures=0)
    return Step(slot, after, verdict, event)


def _towards_breach(
    rule: ResolvedRule, state: RuleState, slot: int, judged: tuple[Verdict, bytes]
) -> tuple[RuleState, RuleEvent | None]:
    verdict, seen = judged
    if verdict.outcome is Outcome.HOLD:
        return state, None
    begun = _run_start(rule, seen, slot)
    if verdict.outcome is Outcome.BREACH:
        at = rule.grid.instant(slot)
        since = state.pending_since or begun or at
        opened = replace(state, condition=Condition.BREACHED, pending_since=since, opened_at=at)
        return opened, RuleEvent(Change.OPENED, at, at, since)
    if begun is None:
        return (state if state.condition is Condition.OK else rearmed(state.armed_at)), None
    since = min(begun, state.pending_since) if state.pending_since else begun
    if state.condition is Condition.PENDING and since == state.pending_since:
        return state, None
    return replace(state, condition=Condition.PENDING, pending_since=since), None


def _within_breach(
    rule: ResolvedRule, state: RuleState, slots: Slots, index: int, origin: int, judged: tuple[Verdict, bytes]
) -> tuple[RuleState, RuleEvent | None]:
    """Follow a breach: only slots that exist and follow the opening one count for recovery."""
    verdict, seen = judged
    opened_at, pending_since = state.opened_at, state.pending_since
    if opened_at is None or pending_since is None:
        message = f"rule {rule.id} is {state.condition} without an opening"
        raise ValueError(message)
    after_opening = max(origin, rule.grid.at_or_before(opened_at) + 1 - slots.first)
    holds = verdict.outcome is Outcome.BREACH
    if not holds and recovered(rule.window, rule.written.recover_slots, slots.good[after_opening : index + 1]):
        event = RuleEvent(Change.RECOVERED, rule.grid.instant(slots.first + index), opened_at, pending_since)
        begun = _run_start(rule, seen, slots.first + index)
        condition = Condition.OK if begun is None else Condition.PENDING
        return replace(state, condition=condition, pending_since=begun, opened_at=None), event
    newest = slots.good[index : index + 1]
    if newest == UNKNOWN:
        newest = {Missing.NOT_BREACHING: GOOD, Missing.BREACHING: BAD}.get(rule.window.missing, UNKNOWN)
    if holds or newest == BAD:
        condition = Condition.BREACHED
    elif newest == GOOD:
        condition = Condition.RECOVERING
    else:
        condition = state.condition
    return (state if condition is state.condition else replace(state, condition=condition)), None


def _run_start(rule: ResolvedRule, seen: bytes, slot: int) -> datetime | None:
    """
    Return the first slot of the run of breaching slots that ends at *slot*, the newest of *seen*; None without a run.

    Missing slots are bridged at both ends where the policy looks through them; clear slots break the run.
    """
    if rule.window.missing is Missing.BREACHING:
        seen = seen.translate(_AS_BREACHING)
    elif rule.window.missing is Missing.NOT_BREACHING:
        seen = seen.translate(_AS_CLEAR)
    begin = seen.find(BREACHING, seen.rfind(CLEAR) + 1)
    return None if begin < 0 else rule.grid.instant(slot - len(seen) + 1 + begin)


def _absence(rule: ResolvedRule, verdict: Verdict, seen: bytes, recent: bytes, *, since_armed: int) -> Absence | None:
    """Say why there are no data to judge by, if so: the window cannot be judged, or nothing came for too long."""
    if rule.window.missing is not Missing.MISSING:
        return None
    stale = since_armed >= rule.written.stale_after and not recent.translate(None, ANY_MISSING)
    if not stale and verdict.outcome is not Outcome.NO_DATA:
        return None
    return Absence.MISSING if ABSENT in seen else Absence.LOW_VOLUME
