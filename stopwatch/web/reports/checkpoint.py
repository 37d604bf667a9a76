"""The daily checkpoint of a phase: how it stands, what happened since the last one, and what is due."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.go_lives import first_activations
from stopwatch.core.hypercare import Checkpoint, checkpoints, live_sites
from stopwatch.core.kpi import KpiId, SiteId, Unit
from stopwatch.core.ledger import EntryKind
from stopwatch.web.figures import figure, minute, span
from stopwatch.web.reports.before_after import checkpoint_comparison
from stopwatch.web.reports.document import Document, Section, Table, Trend
from stopwatch.web.reports.due import due_lines
from stopwatch.web.reports.rows import (
    KPI_COLUMNS,
    NONE,
    baseline_of,
    blind_in,
    decision_table,
    decisions_of,
    foot_of,
    issue_line,
    issue_table,
    issues_of,
    many,
    people,
    unjudged_lines,
    whole_minutes,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.before_after import SiteFigures
    from stopwatch.core.decision import Decision
    from stopwatch.core.hypercare import Logged
    from stopwatch.core.phase import Phase
    from stopwatch.core.story import Story

Row = Mapping[str, object]


def checkpoint_document(
    story: Story,
    phase: Phase,
    kpis: Sequence[Row],
    *,
    as_of: datetime | None,
    day: date | None = None,
    figures: Sequence[SiteFigures] | None = None,
) -> Document:
    """
    Write the checkpoint of *phase*.

    Args:
        story: What the records tell.
        phase: A phase in hypercare.
        kpis: How its KPIs stand (`kpi_rows`), as of *as_of* (None: nobody has looked yet).
        as_of: When they were looked at.
        day: The checkpoint's day; None is the newest.
        figures: What the KPIs were like on the day before it; None: what the newest report recorded.

    """
    zone = ZoneInfo(story.plan.timezone)
    every = checkpoints(story.plan, phase, story.activations, story.entries, zone=zone, now=story.now)
    since = every[-2].due if len(every) > 1 else _went_live(story, phase)
    told = [one for one in decisions_of(story, phase) if one.state.live or (one.ended_at or one.opened_at) >= since]
    log = [one for one in issues_of(story, phase) if one.issue.open]
    due = due_lines(story, phase, every)
    shown = day or (every[-1].day if every else story.now.astimezone(zone).date())
    return Document(
        f"Checkpoint {phase.id}, {shown}",
        _lead(story, phase, told, log, due),
        (
            _kpi_section(story, phase, kpis, as_of),
            checkpoint_comparison(story, phase, figures),
            Section(
                "Decisions",
                text=() if told else (f"None since {minute(since)} UTC.",),
                table=decision_table(told, story.now) if told else None,
                brief=tuple(_decision_line(one) for one in told) or (f"none since {minute(since)} UTC",),
            ),
            _blind(story, phase, since),
            Section(
                "Open issues",
                text=() if log else ("None.",),
                table=issue_table(log) if log else None,
                brief=tuple(issue_line(one) for one in log) or ("none",),
            ),
            Section(
                "What is due", text=() if due else ("Nothing.",), items=tuple(due), brief=tuple(due) or ("nothing",)
            ),
            _held(story, every),
        ),
        (foot_of(story),),
    )


def kpi_rows(bodies: object) -> list[Row]:
    """Return the KPI rows that a report's entry holds."""
    return [one for one in bodies if isinstance(one, Mapping)] if isinstance(bodies, list) else []


def _lead(
    story: Story, phase: Phase, told: Sequence[Decision], log: Sequence[Logged], due: Sequence[str]
) -> tuple[str, ...]:
    live = live_sites(phase, story.activations, at=story.now)
    paused = sorted({site for one in told if one.paused for site in story.plan.covered(one.scope)} & set(phase.sites))
    severe = sum(one.issue.severe for one in log)
    days = int((story.now - _went_live(story, phase)) / timedelta(days=1)) + 1
    state = f"PAUSED: {', '.join(paused)}" if paused else "Nothing is paused"
    first = f"{phase.id}, day {days} since its go-live: {len(live)} of {many(len(phase.sites), 'site')} live. {state}."
    second = f"{many(len(log), 'open issue').capitalize()}{f', {severe} of them Sev1 or Sev2' if severe else ''}."
    third = f"Next: {due[0]}" if due else "Nothing is due."
    return (first, second, third if third.endswith(".") else f"{third}.")


def _kpi_section(story: Story, phase: Phase, kpis: Sequence[Row], as_of: datetime | None) -> Section:
    if as_of is None:
        words = "Not looked at yet; the daemon notes them at every checkpoint."
        return Section("KPIs", text=(words,), brief=("not looked at yet",))
    rows = tuple(_kpi(story, row) for row in kpis)
    bad = tuple(" · ".join(part for part in row if part != NONE) for row in rows if row[-1] != "ok")
    good = (f"{many(len(rows) - len(bad), 'KPI')} within their limits",) if len(rows) > len(bad) else ()
    return Section(
        "KPIs against limits and baseline",
        text=(f"As of {minute(as_of)} UTC.", *(() if rows else ("No rule watches this phase.",))),
        table=Table(KPI_COLUMNS, rows) if rows else None,
        trends=tuple(_trends(story, phase)),
        brief=(*bad, *good),
    )


def _kpi(story: Story, row: Row) -> tuple[str, ...]:
    unit = str(row.get("unit") or Unit.COUNT)
    site, kpi = SiteId(str(row.get("site"))), KpiId(str(row.get("kpi")))
    value, limit, baseline = _number(row.get("value")), _number(row.get("limit")), baseline_of(story, site, kpi)
    compared = f" (now {value / baseline:.2f} ×)" if value is not None and baseline else ""
    return (
        site,
        str(row.get("title") or row.get("rule")),
        figure(value, unit),
        f"{row.get('op') or ''} {figure(limit, unit)}".strip() if limit is not None else NONE,
        f"{figure(baseline, unit)}{compared}" if baseline is not None else NONE,
        str(row.get("state") or NONE).replace("_", " "),
    )


def _trends(story: Story, phase: Phase) -> list[Trend]:
    """Return every KPI of the phase over its checkpoints, where there are at least two."""
    told = [one for one in story.entries if one.kind is EntryKind.REPORT and one.scope == phase.id]
    days = [kpi_rows(one.body.get("kpis")) for one in told if one.item.startswith("checkpoint/")]
    if len(days) < 2:  # noqa: PLR2004 – one point is no course
        return []
    found = []
    for row in days[-1]:
        name = (row.get("site"), row.get("rule"))
        same = [next((one for one in day if (one.get("site"), one.get("rule")) == name), {}) for day in days]
        values = [_number(one.get("value")) for one in same]
        if any(value is not None for value in values):
            title = f"{row.get('site')}: {row.get('title') or row.get('rule')}"
            numbers = tuple(math.nan if value is None else value for value in values)
            bad = tuple(one.get("state") in {"breached", "recovering"} for one in same)
            found.append(Trend(title, Unit(str(row.get("unit") or "count")), numbers, bad, _number(row.get("limit"))))
    return found


def _blind(story: Story, phase: Phase, since: datetime) -> Section:
    live = live_sites(phase, story.activations, at=story.now)
    lately = blind_in(story, live, since)
    whole = blind_in(story, live, _went_live(story, phase))
    rows = tuple((site, _span(lately[site]), _span(whole[site])) for site in live if whole[site])
    brief = tuple(f"{site} was blind for {_span(length)}" for site, length in lately.items() if length)
    unjudged = tuple(unjudged_lines(story, live))
    table = Table(("site", f"since {minute(since)} UTC", "since go-live"), rows) if rows else None
    none = () if rows else (f"No site was {'told to be ' if unjudged else ''}blind since its go-live.",)
    calm = f"none since {minute(since)} UTC" if rows else "none since go-live"
    return Section("Blind time", text=none + unjudged, table=table, brief=(*brief, *unjudged) or (calm,))


def _held(story: Story, every: Sequence[Checkpoint]) -> Section:
    if not every:
        return Section("Checkpoints", text=("The first one is still to come, or the plan has none.",))
    held = sum(one.held is not None for one in every)
    last = every[-1]
    if last.held is not None:
        words = f"Held on {minute(last.held.at)} UTC with {people(last.held.body)}, recorded by {last.held.actor}."
    else:
        late = "OVERDUE: not" if last.overdue(story.now) else "Not"
        words = f"{late} recorded yet: stopwatch report checkpoint --phase {last.phase} --held --present ROLE:NAME"
    note = str(last.held.body.get("note") or "") if last.held is not None else ""
    text = (words, *((f"Note: {note}",) if note else ()), f"Held so far: {held} of {len(every)}.")
    return Section("Checkpoints", text=text, brief=(words,))


def _decision_line(one: Decision) -> str:
    grounds = ", ".join(dict.fromkeys(ground.name for ground in one.grounds)) or "no ground"
    return f"{one.id}: {one.state.value.replace('_', ' ')}, because of {grounds}"


def _went_live(story: Story, phase: Phase) -> datetime:
    firsts = first_activations(story.activations, story.entries)
    return min((firsts[site].at for site in phase.sites if site in firsts), default=story.now)


def _span(length: timedelta) -> str:
    return span(whole_minutes(length)) if length else NONE


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
