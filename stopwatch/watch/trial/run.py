"""Running a test of stop rules through the daemon's own classes and fold: series in, states and events out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from stopwatch.core.errors import BaselineUnresolvedError
from stopwatch.core.grid import EPOCH
from stopwatch.core.resolve import resolve
from stopwatch.core.sample import MISSING, Samples, Slots, classify
from stopwatch.core.state import Change, Reported, armed_slot, failed, rearmed, walk

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import timedelta

    from stopwatch.core.kpi import Kpi, KpiId, RuleId, SiteId
    from stopwatch.core.rule import ResolvedRule, Statistic, StopRule
    from stopwatch.core.sample import Absence
    from stopwatch.core.state import RuleState, Step
    from stopwatch.core.verdict import Verdict


class SiteSeries(Protocol):
    """
    One site of a test, as a test file tells it.

    *values* and *volumes* hold one value a slot, NaN where missing, and may end early. ``failures[i]`` counts the
    failed evaluations just before slot i; the last entry those after everything.
    """

    @property
    def site(self) -> SiteId:
        """The site."""

    @property
    def rules(self) -> Sequence[StopRule]:
        """The rules that apply there."""

    @property
    def values(self) -> Mapping[KpiId, Sequence[float]]:
        """The values by KPI."""

    @property
    def volumes(self) -> Mapping[KpiId, Sequence[float]]:
        """How many events stand behind them, by KPI."""

    @property
    def failures(self) -> Sequence[int]:
        """Failed evaluations before each slot."""

    @property
    def baselines(self) -> Mapping[tuple[KpiId, Statistic], float]:
        """The site's frozen numbers."""


@dataclass(frozen=True, slots=True)
class Moment:
    """
    How a rule stood after one slot and the failed evaluations that follow it.

    *since* is ``pending_since`` counted from slot 0. *verdict* is None where no slot was judged: before activation, or
    without a baseline.
    """

    state: Reported
    since: timedelta | None
    reason: Absence | None
    failures: int
    verdict: Verdict | None = None


@dataclass(slots=True)
class Course:
    """
    What became of one rule at one site.

    *classes* holds one letter a slot, empty without a baseline (*unresolved* says why). *moments* are those asked for
    and those at which it opened or recovered. *opened* and *recovered* are slots. *first* is the activation slot.
    """

    rule: StopRule
    classes: str = ""
    first: int = 0
    unresolved: str | None = None
    moments: dict[int, Moment] = field(default_factory=dict)
    opened: list[int] = field(default_factory=list)
    recovered: list[int] = field(default_factory=list)


def run_site(
    told: SiteSeries,
    *,
    length: int,
    activated: timedelta,
    kpis: Mapping[KpiId, Kpi],
    wanted: Mapping[RuleId, Collection[int]],
) -> dict[RuleId, Course]:
    """
    Run every rule of one site over slots 0 … *length* − 1 of its own grid, slot 0 at the epoch.

    Args:
        told: The site's series.
        length: How many slots there are; series that end early are missing from there on.
        activated: The go-live, counted from slot 0.
        kpis: What automatic volumes ask for.
        wanted: Per rule, the slots after which its state is to be known.

    Raises:
        ValueError: An automatic volume cannot follow from its KPI or limit.

    """
    courses = {}
    for rule in told.rules:
        run = _Run(rule, told, length, activated, frozenset(wanted.get(rule.id, ())))
        try:
            resolved = resolve(rule, kpis, told.baselines)
        except BaselineUnresolvedError as error:
            courses[rule.id] = run.without_baseline(str(error))
        else:
            courses[rule.id] = run.judged(resolved)
    return courses


class _Run:
    def __init__(
        self, rule: StopRule, told: SiteSeries, length: int, activated: timedelta, wanted: frozenset[int]
    ) -> None:
        self._rule = rule
        self._told = told
        self._length = length
        self._wanted = wanted
        self._state = rearmed(EPOCH + activated)
        self._live = rule.grid.at_or_after(self._state.armed_at)
        self._course = Course(rule)
        self._resolved: ResolvedRule | None = None

    def without_baseline(self, why: str) -> Course:
        """No slot is consumed: every slot is one more failed evaluation, and so are those written as E."""
        self._course.unresolved = why
        self._fail_after(-1)
        for slot in range(self._length):
            if slot >= self._live:
                self._state = failed(self._state)
            self._fail_after(slot)
            self._note(slot, None)
        return self._course

    def judged(self, rule: ResolvedRule) -> Course:
        """Fold slot by slot, with failed evaluations between them."""
        self._resolved = rule
        whole = classify(
            rule, 0, [self._samples(limit.kpi, guarded=limit.volume_min is not None) for limit in rule.limits]
        )
        self._course.classes = whole.classes.decode()
        self._course.first = armed_slot(rule, self._state)
        self._fail_after(-1)
        start = 0
        for end in self._stretches():
            part = Slots(0, whole.classes[:end], whole.good[:end])
            steps = {step.slot: step for step in walk(rule, self._state, part, start=start)}
            for slot in range(start, end):
                self._take(slot, steps.get(slot))
            start = end
        return self._course

    def _take(self, slot: int, step: Step | None) -> None:
        """Take over what a slot brought; one before activation brings nothing but a successful evaluation."""
        if step is not None:
            self._state = step.state
            if step.event is not None:
                into = self._course.opened if step.event.change is Change.OPENED else self._course.recovered
                into.append(slot)
        elif self._state.failures:
            self._state = rearmed(self._state.armed_at)
        self._fail_after(slot)
        self._note(slot, step)

    def _fail_after(self, slot: int) -> None:
        """Count the failed evaluations that follow *slot*; before the go-live nobody evaluates."""
        if slot >= self._live - 1:
            for _ in range(self._failures(slot + 1)):
                self._state = failed(self._state)

    def _stretches(self) -> list[int]:
        """Return the slots before which evaluations failed, and the end; what lies between is folded at once."""
        broken = [slot for slot in range(1, self._length) if self._failures(slot)]
        return [*broken, self._length] if self._length else []

    def _failures(self, slot: int) -> int:
        return self._told.failures[slot] if slot < len(self._told.failures) else 0

    def _note(self, slot: int, step: Step | None) -> None:
        if slot not in self._wanted and (step is None or step.event is None):
            return
        state = self._state
        reported = self._reported(state, slot)
        self._course.moments[slot] = Moment(
            state=reported,
            since=None if state.pending_since is None else state.pending_since - EPOCH,
            reason=state.no_data if reported is Reported.NO_DATA else None,
            failures=state.failures,
            verdict=None if step is None else step.verdict,
        )

    def _reported(self, state: RuleState, slot: int) -> Reported:
        if slot < self._live:
            return Reported.OK
        if self._resolved is not None:
            return state.reported(self._resolved)
        return Reported.ERROR if state.failures >= self._rule.error_after else Reported.OK

    def _samples(self, kpi: KpiId, *, guarded: bool) -> Samples:
        values = self._padded(self._told.values.get(kpi, ()))
        return Samples(values, self._padded(self._told.volumes.get(kpi, ())) if guarded else None)

    def _padded(self, series: Sequence[float]) -> list[float]:
        return [*series[: self._length], *[MISSING] * (self._length - len(series))]
