"""Rows that several reports share: decisions, issues, KPIs with their limits, blind time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.decision import DRILL_SCOPE
from stopwatch.core.hypercare import issue_log, places_of
from stopwatch.core.kpi import KpiId, Unit
from stopwatch.core.ledger import EntryKind, newest
from stopwatch.core.rule import BaselineThreshold, Criterion, Op
from stopwatch.web.figures import figure, minute, span
from stopwatch.web.reports.document import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from stopwatch.core.decision import Decision
    from stopwatch.core.hypercare import Logged
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.story import Story

NONE = "–"
NAMED = 5
"""How many sites one sentence names."""
KPI_COLUMNS = ("site", "KPI", "now", "limit", "baseline (median)", "state")
ISSUE_COLUMNS = ("issue", "severity", "status", "what", "workaround", "owner", "target")
DECISION_COLUMNS = ("decision", "state", "because of", "opened (UTC)", "lasted", "last act", "reason")


def decisions_of(story: Story, phase: Phase | None = None) -> list[Decision]:
    """Return the decisions that cover a site of *phase* (None: any), oldest first; drills are none."""
    real = [one for one in story.decisions if not one.scope.startswith(DRILL_SCOPE)]
    if phase is None:
        return real
    return [one for one in real if set(story.plan.covered(one.scope)) & set(phase.sites)]


def decision_table(decisions: Iterable[Decision], now: datetime) -> Table:
    """Return decisions as a table."""
    return Table(DECISION_COLUMNS, tuple(_decision(one, now) for one in decisions))


def _decision(decision: Decision, now: datetime) -> tuple[str, ...]:
    last = decision.last_act
    lasted = span(whole_minutes((decision.ended_at or now) - decision.opened_at))
    return (
        decision.id,
        decision.state.value.replace("_", " "),
        ", ".join(dict.fromkeys(ground.name for ground in decision.grounds)) or NONE,
        minute(decision.opened_at),
        f"{lasted}{' so far' if decision.state.live else ''}",
        f"{last.act} by {last.actor}" if last is not None else "nobody has answered",
        (last.reason if last is not None else None) or NONE,
    )


def issues_of(story: Story, phase: Phase | None = None) -> list[Logged]:
    """Return the issue log of *phase* (None: of all), open ones first, worst first."""
    log = issue_log(story.plan, story.activations, story.entries, now=story.now, zone=ZoneInfo)
    return [one for one in log if phase is None or one.issue.scope in places_of(phase)]


def issue_table(log: Iterable[Logged]) -> Table:
    """Return issues as a table."""
    return Table(ISSUE_COLUMNS, tuple(_issue(one) for one in log))


def _issue(one: Logged) -> tuple[str, ...]:
    issue = one.issue
    status = issue.status + (", not reviewed" if one.unreviewed else "")
    target = (issue.target.isoformat() if issue.target else NONE) + (" OVERDUE" if one.overdue else "")
    what = f"{issue.description}{' (caused by the change)' if issue.attributable else ''}"
    return (issue.id, issue.severity, status, what, issue.workaround or NONE, issue.owner or NONE, target)


def issue_line(one: Logged) -> str:
    """Say an issue in a line."""
    issue = one.issue
    words = f"{issue.id} ({issue.severity}): {issue.description}"
    if issue.workaround:
        words += f"; workaround: {issue.workaround}"
    marks = [f"owner {issue.owner}"] if issue.owner else ["no owner"]
    marks += [f"target {issue.target}{' OVERDUE' if one.overdue else ''}"] if issue.target else []
    return f"{words} ({', '.join(marks)})"


def baseline_of(story: Story, site: SiteId, kpi: KpiId) -> float | None:
    """Return the median that the newest baseline of *site* holds for *kpi*."""
    entry = newest(story.entries, EntryKind.BASELINE, site)
    kpis = entry.body.get("kpis") if entry is not None else None
    frozen = kpis.get(kpi) if isinstance(kpis, Mapping) else None
    median = frozen.get("median") if isinstance(frozen, Mapping) else None
    return float(median) if isinstance(median, int | float) else None


def limit_words(rule_set: RuleSet, criterion: Criterion) -> str:
    """Say a condition: ``> 5 %``, ``< 98.5 %``, ``> 1.5 × baseline median``."""
    kpi = rule_set.kpis.get(criterion.kpi)
    unit = (kpi.unit if kpi is not None else Unit.COUNT).value
    limit = criterion.threshold
    if isinstance(limit, BaselineThreshold):
        least = "at least" if criterion.op in {Op.ABOVE, Op.AT_LEAST} else "at most"
        bound = f", {least} {figure(float(limit.bound), unit)}" if limit.bound is not None else ""
        return f"{criterion.op.value} {limit.factor} × baseline {limit.statistic.value}{bound}"
    return f"{criterion.op.value} {figure(float(limit), unit)}"


def blind_in(story: Story, sites: Sequence[SiteId], start: datetime) -> dict[SiteId, timedelta]:
    """Return for how long each of *sites* was told to be blind since *start*."""
    found = dict.fromkeys(sites, timedelta())
    for one in story.blind:
        begin, end = max(one.since, start), one.until or story.now
        if one.site in found and end > begin:
            found[one.site] += end - begin
    return found


def unjudged_lines(story: Story, sites: Sequence[SiteId]) -> list[str]:
    """Say when slots of *sites* were never judged since their go-live, a line for all that share the same time."""
    spans: dict[SiteId, tuple[datetime, datetime]] = {}
    for one in story.unjudged:
        if one.site in sites and one.last >= story.activations[one.site].at:
            first, last = spans.get(one.site, (one.first, one.last))
            spans[one.site] = min(first, one.first), max(last, one.last)
    together: dict[tuple[datetime, datetime], list[SiteId]] = {}
    for site, times in spans.items():
        together.setdefault(times, []).append(site)
    return [
        f"{_some(names)}: slots from {minute(first)} to {minute(last)} UTC were never judged; stopwatch did not "
        "run, or began later than they could be caught up."
        for (first, last), names in sorted(together.items())
    ]


def _some(names: Sequence[SiteId]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {many(more, 'more site')}" if more > 0 else "")


def people(entry_body: Mapping[str, object]) -> str:
    """Say who was present: ``Ida (ops), Bo (warehouse-lead)``."""
    present = entry_body.get("present")
    known = [one for one in present if isinstance(one, Mapping)] if isinstance(present, list) else []
    return ", ".join(f"{one.get('name')} ({one.get('role')})" for one in known) or "nobody named"


def foot_of(story: Story) -> str:
    """Say of which rollout and change a report tells, when it was written, and where the audit chain ends."""
    change = story.plan.change
    what = f": {change.what}" if change.what else ""
    written = f"written {minute(story.now)} UTC · audit head {story.audit_head[:12]}"
    return f"rollout {story.plan.rollout}, {change.type.value} change{what} · {written}"


def plain_text(value: object) -> str:
    """Write a value of the plan as text: lists with commas, mappings as ``name: value``."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {plain_text(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plain_text(each) for each in value)
    return str(value)


def many(count: int, word: str) -> str:
    """Write a count: ``no issue``, ``1 issue``, ``2 issues``."""
    return f"{count or 'no'} {word}{'' if count == 1 else 's'}"


def whole_minutes(length: timedelta) -> timedelta:
    """Return a span without its seconds where it is longer than a minute."""
    return length - length % timedelta(minutes=1) if length > timedelta(minutes=1) else length
