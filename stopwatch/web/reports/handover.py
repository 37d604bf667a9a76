"""The handover pack: what whoever takes over needs to run the sites, and what the rollout is remembered by."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.change import CHANGE_KEYS
from stopwatch.core.go_lives import go_lives
from stopwatch.core.hypercare import checkpoints
from stopwatch.core.phase_gate import newest_judgement
from stopwatch.web.figures import minute
from stopwatch.web.reports.document import Bar, Document, Section, Table, Timeline
from stopwatch.web.reports.gate import call_sentence
from stopwatch.web.reports.handover_record import go_live_sections, record_sections
from stopwatch.web.reports.handover_run import run_sections
from stopwatch.web.reports.rows import NONE, decisions_of, issue_table, issues_of, many, people, plain_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from stopwatch.core.change import Notice
    from stopwatch.core.go_lives import GoneLive
    from stopwatch.core.phase import Phase
    from stopwatch.core.story import Story


def handover_document(story: Story) -> Document:
    """Write the pack of the whole rollout."""
    plan = story.plan
    return Document(
        f"Handover of {plan.rollout}",
        _lead(story),
        (
            *_course(story),
            _sites(story),
            *go_live_sections(story),
            *_change(story),
            _phases(story),
            *_issues(story),
            *run_sections(story),
            *record_sections(story),
            *_checkpoints(story),
        ),
        (
            f"written {minute(story.now)} UTC from the records alone · files revision {story.rule_set.revision}",
            f"audit chain head {story.audit_head}; stopwatch audit verify proves the chain",
        ),
    )


def _lead(story: Story) -> tuple[str, ...]:
    plan, real = story.plan, decisions_of(story)
    live = sum(one.state.live for one in real)
    log = [one for one in issues_of(story) if one.issue.open]
    what = f"{plan.change.what}: " if plan.change.what else ""
    first = (
        f"{what}{len(story.activations)} of {many(len(plan.sites), 'site')} in {many(len(plan.phases), 'phase')} live."
    )
    held = f"{live} still open" if live else "all of them ended" if real else ""
    second = f"{many(len(real), 'pause decision').capitalize()}{f', {held}' if held else ''}."
    third = f"{many(len(log), 'issue').capitalize()} known and open" + (
        f", {sum(one.issue.severe for one in log)} of them Sev1 or Sev2."
        if any(one.issue.severe for one in log)
        else "."
    )
    return (first, second, third)


def _course(story: Story) -> list[Section]:
    lives = go_lives(story.activations, story.entries)
    if not story.activations:
        return []
    start = min(one.at for one in lives)
    rows = tuple(
        (site, tuple(_bars(story, site, [one for one in lives if one.site == site])))
        for site in story.plan.sites
        if site in story.activations
    )
    return [Section("How it went", timeline=Timeline(start, max(story.now, start), rows))]


def _bars(story: Story, site: str, lives: Sequence[GoneLive]) -> Iterator[Bar]:
    for live, end in zip(lives, [*(one.at for one in lives[1:]), story.now], strict=True):
        yield Bar("live", live.at, end, f"{site} live since {minute(live.at)} UTC, {live.version or 'no version'}")
    for blind in story.blind:
        if blind.site == site:
            until = blind.until or story.now
            yield Bar("blind", blind.since, until, f"{site} blind from {minute(blind.since)} to {minute(until)} UTC")
    for span in story.unjudged:
        if span.site == site and span.last >= live.at:
            words = f"{site}: {span.rule} never judged from {minute(span.first)} to {minute(span.last)} UTC"
            yield Bar("blind", max(span.first, live.at), span.last, words)
    for one in decisions_of(story):
        if site in story.plan.covered(one.scope):
            kind = "overridden" if one.state.value == "overridden" else "paused"
            ended = f"to {minute(one.ended_at)} UTC" if one.ended_at is not None else "on"
            words = f"{one.id} from {minute(one.opened_at)} {ended}: {one.state.value.replace('_', ' ')}"
            yield Bar(kind, one.opened_at, one.ended_at or story.now, words)


def _sites(story: Story) -> Section:
    rows = []
    for site in story.plan.sites.values():
        live = story.activations.get(site.id)
        rows.append(
            (
                site.id,
                site.name,
                site.phase,
                site.timezone,
                site.label,
                site.source,
                live.version or NONE if live is not None else NONE,
                f"{minute(live.at)} by {live.actor}" if live is not None else "not live",
            )
        )
    columns = ("site", "name", "phase", "time zone", "label", "Prometheus", "version", "live since (UTC)")
    return Section("Sites and their configuration", table=Table(columns, tuple(rows)))


def _change(story: Story) -> list[Section]:
    change = story.plan.change
    named = {
        "type": change.type.value,
        "what": change.what,
        "why": change.why,
        "risk": change.risk,
        "version": change.version,
        "initiator": change.initiator,
        "in scope": ", ".join(change.scope_in),
        "out of scope": ", ".join(change.scope_out),
        "integrations": ", ".join(change.integrations),
        "customers": ", ".join(change.customers),
        "cutover": change.cutover,
        "communication": "; ".join(_notice(one) for one in change.communication),
    }
    own = {name: change.written[name] for name in change.written if name not in CHANGE_KEYS}
    rows = tuple((name, plain_text(value)) for name, value in (named | own).items() if value)
    return [Section("The change", table=Table(("", "as recorded"), rows))]


def _notice(one: Notice) -> str:
    to_whom = ", ".join(word for word in (one.who, one.when) if word)
    return f"{one.what} ({to_whom})" if to_whom else one.what


def _phases(story: Story) -> Section:
    rows = []
    for phase in story.plan.phases:
        judgement, call = newest_judgement(story.entries, phase.id)
        verdict = str(judgement.body.get("verdict")).replace("_", " ") if judgement is not None else "never judged"
        summary = str(judgement.body.get("summary")) if judgement is not None else NONE
        sites = ", ".join(phase.sites)
        rows.append((phase.id, sites, verdict, summary, call_sentence(call) if call is not None else "nobody yet"))
    return Section("Phases and gates", table=Table(("phase", "sites", "verdict", "why", "go or no-go"), tuple(rows)))


def _issues(story: Story) -> list[Section]:
    log = issues_of(story)
    still = [one for one in log if one.issue.open]
    done = [one for one in log if not one.issue.open]
    found = [
        Section(
            "Known issues and mitigations",
            text=() if still else ("None is open.",),
            table=issue_table(still) if still else None,
        )
    ]
    return [*found, *([Section("Resolved issues", table=issue_table(done))] if done else [])]


def _checkpoints(story: Story) -> list[Section]:
    rows = tuple(row for phase in story.plan.phases for row in _held(story, phase))
    columns = ("phase", "day", "held", "who was there", "note")
    return [Section("Checkpoints", table=Table(columns, rows))] if rows else []


def _held(story: Story, phase: Phase) -> Iterator[tuple[str, ...]]:
    zone = ZoneInfo(story.plan.timezone)
    for one in checkpoints(story.plan, phase, story.activations, story.entries, zone=zone, now=story.now):
        body = one.held.body if one.held is not None else {}
        held = (
            f"{minute(one.held.at)} UTC" if one.held is not None else "MISSED" if one.overdue(story.now) else "not yet"
        )
        yield (
            phase.id,
            str(one.day),
            held,
            people(body) if one.held is not None else NONE,
            str(body.get("note") or NONE),
        )
