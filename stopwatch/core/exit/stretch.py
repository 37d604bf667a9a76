"""What one rule at one site came to over an observation window: a tally of its slots, folded as the daemon does."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.sample import ABSENT, BREACHING, LOW_VOLUME, Absence, Slots
from stopwatch.core.state import Change, armed_slot, rearmed, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from stopwatch.core.rule import ResolvedRule
    from stopwatch.core.state import Step

_RUN = re.compile(rb"B+")


@dataclass(frozen=True, slots=True)
class Acquittal:
    """
    A ground that people dismissed as a false alarm, with its *decision*.

    What the rule entered from *opened_at* to *ended_at* is set aside, and the rule begins afresh at *ended_at*.
    """

    decision: str
    opened_at: datetime
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class Entered:
    """
    One entry into ``breached``, or a breach that lasted into the window.

    *recovered_at* is None while it lasts. *acquitted* names the decision that dismissed it as a false alarm; then it
    ended with that decision at the latest.
    """

    pending_since: datetime
    opened_at: datetime
    recovered_at: datetime | None = None
    acquitted: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """
    The slots *first* … *last* (instants) of one rule at one site.

    *slots* = breaching + clear + *low_volume* + *missing*. *acquitted* of the *breaching* slots lie in breaches that
    were dismissed as false alarms. *longest* is the longest run of breaching slots. *blind* are the instants at which
    the rule had no data to judge by, low volume aside. *sha256* is that of the classes, one byte a slot.
    """

    first: datetime
    last: datetime
    step: timedelta
    slots: int
    breaching: int
    low_volume: int
    missing: int
    longest: timedelta
    acquitted: int = 0
    entered: tuple[Entered, ...] = ()
    blind: tuple[datetime, ...] = ()
    sha256: str = ""

    @property
    def judged(self) -> int:
        """The slots that hold a number with enough behind it."""
        return self.slots - self.low_volume - self.missing

    @property
    def coverage(self) -> float | None:
        """The share of judged slots among those that are not low on volume, 0…1; None if all are."""
        wanted = self.slots - self.low_volume
        return self.judged / wanted if wanted else None

    @property
    def breaching_share(self) -> float | None:
        """The share of breaching slots among the judged ones, false alarms aside, 0…1; None without any."""
        return (self.breaching - self.acquitted) / self.judged if self.judged else None

    @property
    def low_volume_share(self) -> float | None:
        """The share of slots that are low on volume, 0…1; None without any slot."""
        return self.low_volume / self.slots if self.slots else None

    @property
    def breaches(self) -> tuple[Entered, ...]:
        """The entries that count."""
        return tuple(entry for entry in self.entered if entry.acquitted is None)


def tally(
    rule: ResolvedRule, slots: Slots, *, first: int, armed_at: datetime, acquittals: Sequence[Acquittal] = ()
) -> Tally:
    """
    Tally the slots *first* … ``slots.last`` of one rule at one site.

    Args:
        rule: The resolved rule.
        slots: Its slots; those before *first* warm the fold up, `ResolvedRule.history` of them or back to activation.
        first: The first slot of the observation window.
        armed_at: The go-live, or the end of the decision that re-armed the rule last before *first*.
        acquittals: Grounds of this rule that were dismissed as false alarms, oldest first.

    """
    classes = slots.classes[first - slots.first :]
    entered, blind = _follow(rule, slots, first, armed_at, acquittals)
    step = rule.grid.step
    longest = max((len(run.group()) for run in _RUN.finditer(classes)), default=0)
    return Tally(
        first=rule.grid.instant(first),
        last=rule.grid.instant(slots.last),
        step=step,
        slots=len(classes),
        breaching=classes.count(BREACHING),
        low_volume=classes.count(LOW_VOLUME),
        missing=classes.count(ABSENT),
        longest=longest * step,
        acquitted=sum(_breaching_in(rule, slots, first, entry) for entry in entered if entry.acquitted is not None),
        entered=tuple(entered),
        blind=tuple(blind),
        sha256=hashlib.sha256(classes).hexdigest(),
    )


def _follow(
    rule: ResolvedRule, slots: Slots, first: int, armed_at: datetime, acquittals: Sequence[Acquittal]
) -> tuple[list[Entered], list[datetime]]:
    """Return the breaches and the blind instants from slot *first* on."""
    begin = rule.grid.instant(first)
    entered: list[Entered] = []
    blind: list[datetime] = []
    for step in _folded(rule, slots, armed_at, [one.ended_at for one in acquittals]):
        if step.slot >= first and step.state.no_data is Absence.MISSING:
            blind.append(rule.grid.instant(step.slot))
        event = step.event
        if event is None:
            continue
        if event.change is Change.OPENED:
            pardon = next((one for one in acquittals if one.opened_at <= event.at < one.ended_at), None)
            ended_at, decision = (pardon.ended_at, pardon.decision) if pardon is not None else (None, None)
            entered.append(Entered(event.pending_since, event.at, ended_at, decision))
        else:
            last = entered[-1]
            entered[-1] = Entered(last.pending_since, last.opened_at, event.at, last.acquitted)
    return [one for one in entered if one.recovered_at is None or one.recovered_at >= begin], blind


def _folded(rule: ResolvedRule, slots: Slots, armed_at: datetime, rearmed_at: Sequence[datetime]) -> Iterator[Step]:
    """Yield the steps of the fold, begun afresh wherever the rule was re-armed; what came before is folded first."""
    arms = [armed_at, *(at for at in rearmed_at if at > armed_at)]
    for place, at in enumerate(arms):
        state = rearmed(at)
        upto = slots.last
        if place + 1 < len(arms):
            upto = min(upto, rule.grid.at_or_after(arms[place + 1]) - 1)
        length = max(0, upto - slots.first + 1)
        part = Slots(slots.first, slots.classes[:length], slots.good[:length])
        yield from walk(rule, state, part, start=max(slots.first, armed_slot(rule, state)), whole=False)


def _breaching_in(rule: ResolvedRule, slots: Slots, first: int, entry: Entered) -> int:
    """Count the breaching slots of the window that belong to a breach, from its first to its recovery."""
    begin = max(first, rule.grid.at_or_after(entry.pending_since)) - slots.first
    end = slots.last if entry.recovered_at is None else rule.grid.at_or_before(entry.recovered_at)
    return slots.classes.count(BREACHING, begin, end - slots.first + 1)
