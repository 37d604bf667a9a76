"""The handover pack: what whoever takes over needs to run the sites, and what the rollout is remembered by."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.hypercare import checkpoints
from stopwatch.core.ledger import EntryKind
from stopwatch.core.phase_gate import newest_judgement
from stopwatch.web.figures import minute
from stopwatch.web.reports.document import Bar, Document, Section, Table, Timeline
from stopwatch.web.reports.gate import call_sentence
from stopwatch.web.reports.handover_run import run_sections
from stopwatch.web.reports.rows import (
    NONE,
    decision_table,
    decisions_of,
    issue_table,
    issues_of,
    many,
    people,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.core.ledger import Entry
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
            *_change(story),
            _phases(story),
            *_issues(story),
            *run_sections(story),
            *_decisions(story),
            *_recorded(story),
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
    if not story.activations:
        return []
    start = min(one.at for one in story.activations.values())
    rows = tuple((site, tuple(_bars(story, site))) for site in story.plan.sites if site in story.activations)
    return [Section("How it went", timeline=Timeline(start, max(story.now, start), rows))]


def _bars(story: Story, site: str) -> Iterator[Bar]:
    live = next(one for name, one in story.activations.items() if name == site)
    yield Bar("live", live.at, story.now, f"{site} live since {minute(live.at)} UTC, {live.version or 'no version'}")
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
            yield Bar(kind, one.opened_at, one.ended_at or story.now, f"{one.id}: {one.state.value}")


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
    overrides = tuple(
        f"{one.scope} went live with {one.body.get('version')} past a closed gate, by {one.actor} on {minute(one.at)} "
        f"UTC: {one.body.get('reason')}"
        for one in story.entries
        if one.kind is EntryKind.ACTIVATION and one.body.get("override") is True
    )
    return Section("Sites and their configuration", items=overrides, table=Table(columns, tuple(rows)))


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
        "communication": "; ".join(f"{one.what} ({one.who} {one.when})" for one in change.communication),
    }
    rows = tuple((name, str(value)) for name, value in named.items() if value)
    return [Section("The change", table=Table(("", "as recorded"), rows))]


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


def _decisions(story: Story) -> list[Section]:
    real = decisions_of(story)
    if not real:
        return [Section("Decisions", text=("The rollout was never paused.",))]
    rows = tuple((one.id, kind, url) for one in real for kind, url in _links(story, one.id))
    links = [Section("Evidence and follow-ups", table=Table(("decision", "kind", "link"), rows))] if rows else []
    return [Section("Decisions", table=decision_table(real, story.now)), *links]


def _links(story: Story, decision: str) -> list[tuple[str, str]]:
    found = next(one for one in story.decisions if one.id == decision)
    links = [(link.kind, link.url) for ground in found.grounds for link in ground.links]
    order = {"follow-up": 0, "ticket": 1}
    return sorted(dict.fromkeys(links), key=lambda link: order.get(link[0], 2))


def _recorded(story: Story) -> list[Section]:
    titles = {
        EntryKind.SIGN_OFF: "Sign-offs",
        EntryKind.DONE: "Readiness that was recorded",
        EntryKind.REHEARSAL: "Rehearsals of the roll-back",
        EntryKind.DRILL: "Drills",
        EntryKind.APPROVAL: "Approvals",
        EntryKind.VERIFICATION: "Roll-backs verified or flagged",
    }
    found = []
    for kind, title in titles.items():
        rows = tuple(_entry(one) for one in story.entries if one.kind is kind)
        if rows:
            found.append(Section(title, table=Table(("for", "what", "said", "by", "on (UTC)", "evidence"), rows)))
    return found


def _entry(one: Entry) -> tuple[str, ...]:
    body = one.body
    no = body.get("ok") is False or body.get("done") is False
    note = body.get("note") or body.get("reason") or body.get("detail")
    said = f"{'NO' if no else 'yes'}{f': {note}' if note else ''}"
    return (one.scope, one.item or NONE, said, one.actor, minute(one.at), str(body.get("link") or NONE))


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
