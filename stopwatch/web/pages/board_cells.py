"""One rule at one site as the board shows it: value, limit, recent course, how far its window is, what data lack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.kpi import Unit
from stopwatch.core.rule import Combine, Mode
from stopwatch.core.sample import Absence
from stopwatch.core.state import Reported
from stopwatch.web.figures import figure, span
from stopwatch.web.pages.remembered import Sparklines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from stopwatch.core.course import Course
    from stopwatch.core.kpi import Kpi, KpiId
    from stopwatch.core.rule import StopRule
    from stopwatch.core.status import RuleStatus

STATE_WORDS = {
    Reported.BREACHED: "breached",
    Reported.RECOVERING: "recovering",
    Reported.ERROR: "error",
    Reported.NO_DATA: "no data",
    Reported.PENDING: "pending",
    Reported.OK: "ok",
}
SPARKLINES = Sparklines()
"""Those of every board that this process shows."""
_UNITS = ((7200.0, 3600.0, "h"), (120.0, 60.0, "min"), (0.0, 1.0, "s"))
"""From so many seconds on, the length of a unit and its word."""


@dataclass(frozen=True, slots=True)
class KpiLine:
    """One condition: *name* only where a rule has several; *spark* is markup, empty before any value came."""

    name: str
    value: str
    limit: str
    spark: str


@dataclass(frozen=True, slots=True)
class RuleCell:
    """One rule at a site; *share* (0…100) is how far its window has filled, None where that says nothing."""

    rule: str
    title: str
    word: str
    lines: Sequence[KpiLine]
    progress: str
    share: int | None
    note: str


def rule_cell(
    status: RuleStatus, rule: StopRule | None, kpis: Mapping[KpiId, Kpi], courses: Sequence[Course]
) -> RuleCell:
    """Return what the board shows of one rule at one site; *rule* is None once it has left the plan."""
    lines = (
        [_line(place, status, rule, kpis, courses) for place in range(len(rule.criteria))]
        if rule is not None
        else [KpiLine("", figure(status.value, "count"), "", "")]
    )
    progress, share = _progress(status, rule)
    return RuleCell(
        status.rule,
        rule_title(rule, kpis) if rule is not None else status.rule,
        STATE_WORDS[status.state],
        lines,
        progress,
        share,
        _note(status, rule),
    )


def rule_title(rule: StopRule, kpis: Mapping[KpiId, Kpi]) -> str:
    """Return the KPI's title where the rule reads one KPI, else the rule's own name."""
    kpi = kpis.get(rule.criteria[0].kpi)
    return kpi.title if kpi is not None and rule.combine is Combine.ONE else rule.id


def _line(
    place: int, status: RuleStatus, rule: StopRule, kpis: Mapping[KpiId, Kpi], courses: Sequence[Course]
) -> KpiLine:
    criterion = rule.criteria[place]
    kpi = kpis.get(criterion.kpi)
    unit, title = (kpi.unit, kpi.title) if kpi is not None else (Unit.COUNT, str(criterion.kpi))
    course = courses[place] if place < len(courses) else None
    several = rule.combine is not Combine.ONE
    newest = course.values[-1] if course is not None and course.values else None
    limit = status.threshold if not several else course.threshold if course is not None else None
    spark = ""
    if course is not None and course.values:
        spark = SPARKLINES.drawn(course, f"{title}, lately", unit)
    return KpiLine(
        title if several else "",
        figure(newest if several else status.value, unit.value),
        f"{criterion.op.value} {figure(limit, unit.value)}" if limit is not None else "",
        spark,
    )


def _progress(status: RuleStatus, rule: StopRule | None) -> tuple[str, int | None]:
    """Say how far the window is (``11 of 15 min``) or how long the breach has lasted, with the share for a bar."""
    filled, needed = status.breaching_slots, status.required_slots
    if rule is None or filled is None or not needed:
        return "", None
    if status.state is Reported.PENDING:
        held = status.newest_slot - status.pending_since if status.newest_slot and status.pending_since else None
        if rule.window.m == rule.window.n and needed > 1 and held is not None:
            whole = (needed - 1) * rule.step
            return part_of(min(held, whole), whole), _percent(held / whole)
        return f"{filled} of {needed} slots", _percent(filled / needed)
    if status.state in {Reported.BREACHED, Reported.RECOVERING} and status.newest_slot and status.pending_since:
        return f"for {span(status.newest_slot - status.pending_since)}", 100
    return "", None


def _percent(share: float) -> int:
    return max(0, min(100, round(100 * share)))


def part_of(part: timedelta, whole: timedelta) -> str:
    """Write a part of a span in the unit of the whole: ``11 of 15 min``."""
    seconds = whole.total_seconds()
    _, size, word = next(each for each in _UNITS if seconds >= each[0])
    return f"{part.total_seconds() / size:.3g} of {seconds / size:.3g} {word}"


def _note(status: RuleStatus, rule: StopRule | None) -> str:
    """Say what the data lack, and what the rule does not do."""
    notes = []
    if status.state is Reported.NO_DATA:
        notes.append("too few events" if status.reason is Absence.LOW_VOLUME else "no samples")
    elif status.state is Reported.ERROR:
        notes.append("cannot be evaluated")
    elif status.coverage is not None and status.coverage < 1:
        notes.append(f"{figure(status.coverage, 'ratio')} of samples")
    if rule is None:
        notes.append("left the rules")
    elif rule.mode is Mode.OBSERVE and status.state is not Reported.OK:
        notes.append("observed only")
    return ", ".join(notes)
