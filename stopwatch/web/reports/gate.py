"""The summary of a phase's gate: the outcome, why, and what comes next; then the numbers it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stopwatch.core.exit.check import GateVerdict, percent
from stopwatch.core.ledger import EntryKind
from stopwatch.core.phase_gate import newest_judgement
from stopwatch.web.figures import span
from stopwatch.web.reports.document import Document, Section, Table
from stopwatch.web.reports.rows import NONE, decision_table, decisions_of, issue_table, issues_of, minute

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.ledger import Entry
    from stopwatch.core.phase import Phase
    from stopwatch.core.story import Story

Row = Mapping[str, object]
_RULES = ("site", "rule", "verdict", "coverage", "breaching", "breaches", "longest", "low volume", "slots")


def gate_document(story: Story, phase: Phase) -> Document:
    """Write the summary of *phase* from its newest kept judgement and what people made of it."""
    judgement, call = newest_judgement(story.entries, phase.id)
    foot = f"rollout {story.plan.rollout} · written {minute(story.now)} UTC · audit head {story.audit_head[:12]}"
    if judgement is None:
        lead = (f"{phase.id} was never judged.", f"Next: stopwatch gate {phase.id} looks at its whole window.")
        return Document(f"Gate of {phase.id}", lead, (), (foot,), "not judged")
    verdict = GateVerdict(str(judgement.body.get("verdict")))
    record = story.judged.get(phase.id, {})
    wanting = rows_of(judgement.body, "open")
    rests = f"judgement {judgement.number} of {minute(judgement.at)} UTC, evidence {judgement.body.get('evidence')}"
    return Document(
        f"Gate of {phase.id}",
        (sentence(str(judgement.body.get("summary"))), _said(judgement, call), _next(story, phase, verdict, call)),
        (
            _wanting(wanting),
            *_window(record),
            *_rules(record),
            *_proofs(record),
            *_met(record),
            *_others(story, phase),
        ),
        (rests, foot),
        verdict.words,
    )


def call_words(call: Entry) -> str:
    """Say who decided what on a judgement, and whether against it."""
    body = call.body
    verdict = GateVerdict(str(body.get("verdict"))).words
    against = f", AGAINST the judgement ({verdict})" if body.get("against") else f", as judged ({verdict})"
    word = "GO" if body.get("go") else "NO-GO"
    return f"{word} by {call.actor} on {minute(call.at)} UTC{against}: {body.get('reason')}"


def rows_of(record: Row, key: str) -> list[Row]:
    """Return the list of objects that stands under *key*."""
    found = record.get(key)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def sentence(words: str) -> str:
    """Return *words* with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"


def _said(judgement: Entry, call: Entry | None) -> str:
    if call is not None:
        return sentence(call_words(call))
    return f"Judged by {judgement.actor} on {minute(judgement.at)} UTC. Nobody has said go or no-go yet."


def _next(story: Story, phase: Phase, verdict: GateVerdict, call: Entry | None) -> str:
    order = [each.id for each in story.plan.phases]
    later = order[order.index(phase.id) + 1 :]
    go = call.body.get("go") is True if call is not None else verdict is GateVerdict.PASS
    if go and later:
        return (
            f"Next: {later[0]} may be activated as far as this gate is concerned; stopwatch rollout status says more."
        )
    if go:
        return "Next: it was the last phase; hand over with stopwatch report handover."
    if call is not None:
        return f"Next: {later[0] if later else 'the handover'} waits until somebody says go for {phase.id}."
    return f"Next: do what is asked below, then run stopwatch gate {phase.id} again."


def _wanting(wanting: Sequence[Row]) -> Section:
    if not wanting:
        return Section("What is bad or missing", text=("Nothing.",), brief=("nothing",))
    rows = tuple(
        (
            "bad" if row.get("verdict") == GateVerdict.FAIL else "missing",
            str(row.get("text")),
            str(row.get("wants") or NONE),
        )
        for row in wanting
    )
    brief = tuple(f"{word}: {text}" for word, text, _ in rows)
    return Section(
        "What is bad or missing", table=Table(("weight", "what was found", "what would mend it"), rows), brief=brief
    )


def _window(record: Row) -> list[Section]:
    rows = tuple(
        (
            str(row.get("site")),
            _when(row.get("went_live")),
            _when(row.get("start")),
            _when(row.get("end")),
            str(row.get("because") or NONE),
        )
        for row in rows_of(record, "windows")
    )
    columns = ("site", "live since (UTC)", "observed from", "to", "counted from")
    return [Section("What was looked at", table=Table(columns, rows))] if rows else []


def _rules(record: Row) -> list[Section]:
    rows = tuple(_rule(row) for row in rows_of(record, "rules"))
    return [Section("Rules over the whole window", table=Table(_RULES, rows))] if rows else []


def _rule(row: Row) -> tuple[str, ...]:
    observed = row.get("mode") == "observe"
    verdict = "observed" if observed else str(row.get("verdict") or NONE).replace("_", " ")
    name = (str(row.get("site")), str(row.get("rule")), verdict)
    if row.get("slots") is None:
        return (*name, *[NONE] * 5, str(row.get("failure") or NONE))
    breaches = rows_of(row, "breaches")
    alarms = sum(one.get("acquitted") is not None for one in breaches)
    longest = row.get("longest_breaching_seconds")
    return (
        *name,
        _share(row.get("coverage")),
        _share(row.get("breaching_share")),
        f"{len(breaches) - alarms}" + (f" (and {alarms} dismissed)" if alarms else ""),
        span(timedelta(seconds=longest)) if isinstance(longest, int | float) and longest else NONE,
        _share(row.get("low_volume_share")),
        f"{row.get('slots'):,}",
    )


def _proofs(record: Row) -> list[Section]:
    rows = []
    for row in rows_of(record, "kpis"):
        proof = row.get("proof")
        known = isinstance(proof, Mapping)
        words = str(proof.get("text")) if isinstance(proof, Mapping) else f"no proof possible: {row.get('unproven')}"
        counts = [f"{proof[name]:,.0f}" for name in ("failures", "attempts")] if isinstance(proof, Mapping) else []
        rows.append((str(row.get("site")), str(row.get("title")), words, *(counts if known else [NONE, NONE])))
    columns = ("site", "KPI", "proven", "failed", "attempts")
    return [Section("What the volume proves", table=Table(columns, tuple(rows)))] if rows else []


def _met(record: Row) -> list[Section]:
    met = [row for row in rows_of(record, "checks") if row.get("verdict") == "pass" and row.get("rule") is None]
    told = tuple(str(row.get("text")) for row in met)
    return [Section("What is met", items=told)] if told else []


def _others(story: Story, phase: Phase) -> list[Section]:
    decisions, log = decisions_of(story, phase), [one for one in issues_of(story, phase) if one.issue.open]
    signed = [one for one in story.entries if one.kind is EntryKind.SIGN_OFF and one.scope in {phase.id, *phase.sites}]
    rows = tuple(
        (one.item, one.scope, "refused" if one.body.get("ok") is False else "signed", one.actor, minute(one.at))
        for one in signed
    )
    return [
        *([Section("Decisions", table=decision_table(decisions, story.now))] if decisions else []),
        *([Section("Open issues", table=issue_table(log))] if log else []),
        *([Section("Sign-offs", table=Table(("role", "for", "word", "by", "on (UTC)"), rows))] if rows else []),
    ]


def _share(value: object) -> str:
    return percent(float(value)) if isinstance(value, int | float) else NONE


def _when(value: object) -> str:
    return minute(datetime.fromisoformat(str(value))) if value else NONE
