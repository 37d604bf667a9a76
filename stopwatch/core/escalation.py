"""When an unanswered decision becomes louder: a timetable as a function of the decision alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.decision import RETURNS_TO_OPEN, Act, DecisionState
from stopwatch.core.opening import DAEMON

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from stopwatch.core.decision import Decision, DecisionId, Ground
    from stopwatch.core.outbox import OutboxRow
    from stopwatch.core.rollout import EscalationPlan

REPEATS = 6
"""So many reminders come at the plan's pace, later ones hourly."""
HOURLY = timedelta(hours=1)
FIRST_REMINDER = timedelta(minutes=30)
"""The thread is told that a breach still holds after this time, then after twice, four times, … as long."""


class Step(StrEnum):
    """What becomes louder: the channel sees the thread, the second notifier fires, the second group is mentioned."""

    BROADCAST = "broadcast"
    NOTIFIER = "notifier"
    SECOND_GROUP = "second_group"
    REPEAT = "repeat"


class Cause(StrEnum):
    """Why the second notifier fires: nobody answered, the card did not arrive, or cannot, or it is tried on purpose."""

    UNANSWERED = "unanswered"
    UNDELIVERED = "undelivered"
    UNREACHABLE = "unreachable"
    DRILL = "drill"


_NUMBERS = {1: Step.BROADCAST, 2: Step.NOTIFIER, 3: Step.SECOND_GROUP}
NOTIFIER_NUMBER = 2
"""The second notifier's number; it is fired once an episode, whatever made it fire."""


@dataclass(frozen=True, slots=True)
class Due:
    """Step *number* of an episode's timetable, due at *at*."""

    number: int
    step: Step
    at: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """
    A time in which a decision waits for people.

    *zero* is the instant from which steps are counted; those up to *after* belong to earlier waits of the episode.
    """

    since: datetime
    zero: datetime
    after: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alert about a decision as it should stand: until *ends_at* unless it is put again, because of *cause*."""

    decision: Decision
    starts_at: datetime
    ends_at: datetime
    cause: str


def escalates(ground: Ground) -> bool:
    """Whether a ground calls people: severity page, no drill, and not found late when its breach was over already."""
    facts = ground.summary or {}
    if facts.get("severity") == "notify" or facts.get("drill") or ground.criterion == "drill":
        return False
    known_over = ground.recovered_at is not None and ground.recovered_at <= ground.recorded_at
    return not (ground.detected_late and known_over)


def waiting_since(decision: Decision) -> datetime | None:
    """Return since when a decision waits for its first answer (or the first of a new episode), None if it does not."""
    if decision.state is not DecisionState.OPEN:
        return None
    moved = [acted.at for acted in decision.acts if acted.rev_after != acted.rev_before]
    return moved[-1] if moved else decision.grounds[0].recorded_at


def called_since(decision: Decision) -> datetime | None:
    """Return when this episode began to call people: when its first ground that escalates was recorded, if any was."""
    returns = [acted.at for acted in decision.acts if acted.act in RETURNS_TO_OPEN]
    began = returns[-1] if returns else None
    calling = [
        ground.recorded_at
        for ground in decision.grounds
        if escalates(ground) and (began is None or not ground.over or ground.recorded_at >= began)
    ]
    if not calling:
        return None
    return min(calling) if began is None else max(began, min(calling))


def running(decision: Decision, plan: EscalationPlan, now: datetime) -> Run | None:
    """
    Return the wait that is under way at *now*; None while somebody has answered, or nobody is to be called.

    An open decision waits from the beginning of its episode. An acknowledged one waits again once nobody did anything
    further for ``plan.undecided``; its timetable goes on there, at the step that would have come next.
    """
    start = called_since(decision)
    if start is None or decision.state not in {DecisionState.OPEN, DecisionState.ACKNOWLEDGED}:
        return None
    run = Run(start, start)
    if decision.state is DecisionState.ACKNOWLEDGED:
        for at in _answers(decision):
            # Each answer stops the timetable that the one before it would have let go on.
            after = max(run.after, at - run.zero)
            again = at + plan.undecided
            run = Run(again, again - _next_offset(plan, after), after)
    return run if now >= run.since else None


def due_steps(decision: Decision, plan: EscalationPlan, now: datetime) -> list[Due]:
    """Return the steps of the wait under way that are due at *now*, oldest first; empty while nobody is waited for."""
    run = running(decision, plan, now)
    return [] if run is None else _steps(run, plan, now)


def second_notifier(
    decision: Decision, plan: EscalationPlan, card: OutboxRow | None, *, reachable: bool, now: datetime
) -> Cause | None:
    """
    Return why the second notifier is to fire at *now*, None if it is not.

    Args:
        decision: The decision.
        plan: The plan's delays.
        card: The row of its card, None without one.
        reachable: False while Slack is switched off or refuses our credentials.
        now: The time.

    """
    run = running(decision, plan, now)
    if run is None:
        return None
    if plan.notifier <= max(run.after, now - run.zero):
        return Cause.UNANSWERED
    if decision.state is not DecisionState.OPEN:
        return None
    # What a catch-up has just found may turn out, a moment later, to be over long ago.
    if not reachable and not (decision.detected_late and now - run.since < plan.undelivered):
        return Cause.UNREACHABLE
    unseen = card is None or card.sent_at is None
    return Cause.UNDELIVERED if unseen and now - run.since >= plan.undelivered else None


def offset(plan: EscalationPlan, number: int) -> timedelta:
    """Return how long after its zero step *number* (1, 2, …) of a timetable is due."""
    firsts = (plan.broadcast, plan.notifier, plan.second_group)
    if number <= len(firsts):
        return firsts[number - 1]
    repeats = number - len(firsts)
    if repeats <= REPEATS:
        return plan.second_group + repeats * plan.repeat
    return plan.second_group + REPEATS * plan.repeat + (repeats - REPEATS) * max(HOURLY, plan.repeat)


def reminder(decision: Decision, plan: EscalationPlan, now: datetime) -> int | None:
    """
    Return the number of the newest reminder ("still breaching") that is due, None if none is.

    There is one after half an hour, an hour, two hours, … while a ground holds at a paused site, unless people are
    being called anyway.
    """
    states = {DecisionState.OPEN, DecisionState.ACKNOWLEDGED, DecisionState.CONFIRMED}
    holding = [ground.recorded_at for ground in decision.grounds if not ground.over]
    if decision.state not in states or not holding or running(decision, plan, now) is not None:
        return None
    periods = (now - min(holding)) // FIRST_REMINDER
    return periods.bit_length() if periods > 0 else None


def escalation_key(decision: DecisionId, episode: int, number: int, notifier: str | None = None) -> str:
    """Return the key of a step, for ever: ``decision/episode/n``, with the notifier's name where it is not Slack."""
    plain = f"{decision}/{episode}/{number}"
    return plain if notifier is None else f"{plain}/{notifier}"


def _answers(decision: Decision) -> list[datetime]:
    """Return when people acted, from the newest acknowledgement on."""
    acts = [acted for acted in decision.acts if acted.actor != DAEMON]
    first = max((at for at, acted in enumerate(acts) if acted.act == Act.ACKNOWLEDGE), default=len(acts))
    return [acted.at for acted in acts[first:]]


def _offsets(plan: EscalationPlan, upto: timedelta) -> Iterator[tuple[int, timedelta]]:
    """Yield number and offset of all steps due within *upto*, and the first repeat after it."""
    for number in _NUMBERS:
        yield number, offset(plan, number)
    number = len(_NUMBERS) + 1
    while (due := offset(plan, number)) <= upto:
        yield number, due
        number += 1
    yield number, due


def _next_offset(plan: EscalationPlan, after: timedelta) -> timedelta:
    return min(due for _number, due in _offsets(plan, after) if due > after)


def _steps(run: Run, plan: EscalationPlan, now: datetime) -> list[Due]:
    elapsed = now - run.zero
    due = [
        Due(number, _NUMBERS.get(number, Step.REPEAT), run.zero + at)
        for number, at in _offsets(plan, elapsed)
        if run.after < at <= elapsed
    ]
    return sorted(due, key=lambda step: (step.at, step.number))
