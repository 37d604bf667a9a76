"""What a test of stop rules expected and did not get: states after slots, and complete lists of openings."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from stopwatch.watch.trial.run import Course, run_site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from stopwatch.core.kpi import Kpi, KpiId, RuleId, SiteId
    from stopwatch.core.sample import Absence
    from stopwatch.core.state import Reported
    from stopwatch.watch.trial.run import Moment, SiteSeries


class Entered(Protocol):
    """A slot at which a rule is expected to open or to recover."""

    @property
    def site(self) -> SiteId:
        """The site."""

    @property
    def rule(self) -> RuleId:
        """The rule."""

    @property
    def at(self) -> timedelta:
        """When, counted from slot 0."""

    @property
    def slot(self) -> int:
        """The slot of the rule's own grid."""

    @property
    def line(self) -> int:
        """The line of the test file."""


class Expected(Entered, Protocol):
    """What is expected after a slot; *checks* names which of ``state``, ``since`` and ``reason`` count."""

    @property
    def checks(self) -> frozenset[str]:
        """What counts."""

    @property
    def states(self) -> tuple[Reported, ...]:
        """The allowed states."""

    @property
    def since(self) -> timedelta | None:
        """``pending_since``, counted from slot 0."""

    @property
    def reason(self) -> Absence | None:
        """Why data are missing."""


class Told(Protocol):
    """One test."""

    @property
    def length(self) -> int:
        """How many slots every site has."""

    @property
    def activated(self) -> timedelta:
        """The go-live, counted from slot 0."""

    @property
    def sites(self) -> Sequence[SiteSeries]:
        """The sites with their series."""

    @property
    def expect(self) -> Sequence[Expected]:
        """The expected states."""

    @property
    def opens(self) -> Sequence[Entered] | None:
        """Every opening, if the test says so."""

    @property
    def closes(self) -> Sequence[Entered] | None:
        """Every recovery, if the test says so."""


class Kind(StrEnum):
    """Which part of a test was not met."""

    EXPECT = "expect"
    OPENS = "opens"
    CLOSES = "closes"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One unmet expectation, with the course of the rule and how it stood at *slot*.

    *expected* is what the test says there, None for an opening or recovery that it does not list.
    """

    kind: Kind
    site: SiteId
    rule: RuleId
    at: timedelta
    slot: int
    expected: Entered | Expected | None
    moment: Moment
    course: Course

    def said(self) -> Mapping[str, object]:
        """Return what was expected, by field; durations count from slot 0."""
        one = self.expected
        if self.kind is not Kind.EXPECT:
            return {self.kind.value: one is not None}
        fields = {name: getattr(one, _ATTRIBUTE[name]) for name in _ATTRIBUTE if name in getattr(one, "checks", ())}
        return dict(fields)

    def got(self) -> Mapping[str, object]:
        """Return what was found instead, by field."""
        if self.kind is not Kind.EXPECT:
            return {self.kind.value: self.expected is None}
        found = {"state": self.moment.state, "since": self.moment.since, "reason": self.moment.reason}
        return {name: found[name] for name in self.said()}


_ATTRIBUTE = {"state": "states", "since": "since", "reason": "reason"}


def run_trial(told: Told, kpis: Mapping[KpiId, Kpi]) -> list[Finding]:
    """
    Run one test and return what was not met, in the order of its text.

    Raises:
        ValueError: An automatic volume cannot follow from its KPI or limit.

    """
    courses: dict[tuple[SiteId, RuleId], Course] = {}
    named = [*told.expect, *(told.opens or ()), *(told.closes or ())]
    for series in told.sites:
        wanted: dict[RuleId, set[int]] = {}
        for one in named:
            if one.site == series.site:
                wanted.setdefault(one.rule, set()).add(one.slot)
        ran = run_site(series, length=told.length, activated=told.activated, kpis=kpis, wanted=wanted)
        courses.update({(series.site, rule): course for rule, course in ran.items()})
    found = [_finding(Kind.EXPECT, one, courses) for one in told.expect if not _met(one, courses)]
    for kind, listed in ((Kind.OPENS, told.opens), (Kind.CLOSES, told.closes)):
        if listed is not None:
            found += _unmatched(kind, listed, courses)
    return found


def _met(one: Expected, courses: Mapping[tuple[SiteId, RuleId], Course]) -> bool:
    moment = courses[one.site, one.rule].moments[one.slot]
    return (
        ("state" not in one.checks or moment.state in one.states)
        and ("since" not in one.checks or moment.since == one.since)
        and ("reason" not in one.checks or moment.reason == one.reason)
    )


def _unmatched(kind: Kind, listed: Sequence[Entered], courses: Mapping[tuple[SiteId, RuleId], Course]) -> list[Finding]:
    """Compare the complete list with what happened: what is only listed, then what is not."""
    known = {(one.site, one.rule, one.slot) for one in listed}
    absent = [one for one in listed if one.slot not in _happened(kind, courses[one.site, one.rule])]
    found = [_finding(kind, one, courses) for one in absent]
    for (site, rule), course in courses.items():
        for slot in _happened(kind, course):
            if (site, rule, slot) not in known:
                at = slot * course.rule.step
                found.append(Finding(kind, site, rule, at, slot, None, course.moments[slot], course))
    return found


def _happened(kind: Kind, course: Course) -> list[int]:
    return course.opened if kind is Kind.OPENS else course.recovered


def _finding(kind: Kind, one: Entered | Expected, courses: Mapping[tuple[SiteId, RuleId], Course]) -> Finding:
    course = courses[one.site, one.rule]
    return Finding(kind, one.site, one.rule, one.at, one.slot, one, course.moments[one.slot], course)
