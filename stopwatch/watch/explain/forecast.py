"""What is missing to fire or to recover: the evaluator itself, walked on over slots that have not come yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.sample import BAD, BREACHING, CLEAR, GOOD, UNKNOWN, Slots
from stopwatch.core.state import Change, armed_slot, walk

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.rule import ResolvedRule
    from stopwatch.core.state import RuleState


@dataclass(frozen=True, slots=True)
class Forecast:
    """At the earliest the *slots*-th slot from now, that of instant *at*, brings the change."""

    slots: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Ahead:
    """How soon a rule could fire if only breaching slots came, or recover if only good ones did."""

    fire: Forecast | None
    recover: Forecast | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """Of the newest *needed* slots with data since the opening, *good* are good; *seen* slots came since."""

    good: int
    needed: int
    seen: int


def earliest(rule: ResolvedRule, state: RuleState, slots: Slots) -> Ahead:
    """
    Walk on from *state*, the state after the newest of *slots*, until it changes.

    Before the activation slot nothing counts, so the walk begins there.
    """
    if state.condition.entered:
        most = rule.history + rule.written.recover_slots
        return Ahead(None, _until(Change.RECOVERED, rule, state, slots, (CLEAR, GOOD), most))
    return Ahead(_until(Change.OPENED, rule, state, slots, (BREACHING, BAD), rule.history), None)


def _until(
    change: Change, rule: ResolvedRule, state: RuleState, slots: Slots, letter: tuple[bytes, bytes], most: int
) -> Forecast | None:
    first = max(slots.last + 1, armed_slot(rule, state))
    if first > slots.last + 1:
        slots = Slots(first, b"", b"")
    longer = Slots(slots.first, slots.classes + letter[0] * most, slots.good + letter[1] * most)
    for step in walk(rule, state, longer, start=first):
        if step.event is not None and step.event.change is change:
            return Forecast(step.slot - first + 1, rule.grid.instant(step.slot))
    return None


def recovery(rule: ResolvedRule, state: RuleState, slots: Slots) -> Recovery | None:
    """Count the good slots since the opening; None for a rule that is not within a breach."""
    if state.opened_at is None:
        return None
    needed = rule.written.recover_slots
    since = slots.good[max(0, rule.grid.at_or_before(state.opened_at) + 1 - slots.first) :]
    newest = since[-(needed + rule.window.extra) :].replace(UNKNOWN, b"")[-needed:]
    return Recovery(newest.count(GOOD), needed, len(since))
