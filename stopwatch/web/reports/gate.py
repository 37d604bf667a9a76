"""The summary of a phase's gate: the outcome, why, and what comes next; then the numbers it rests on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from stopwatch.core.exit.check import GateVerdict
from stopwatch.core.ledger import EntryKind
from stopwatch.core.phase_gate import newest_judgement
from stopwatch.web.figures import minute
from stopwatch.web.reports.before_after import judged_comparison
from stopwatch.web.reports.document import Document, Section, Table
from stopwatch.web.reports.judgement import Row, call_words, met, proof_table, rows_of, rule_table
from stopwatch.web.reports.rows import NONE, decision_table, decisions_of, foot_of, issue_table, issues_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.ledger import Entry
    from stopwatch.core.phase import Phase
    from stopwatch.core.story import Story


RULES_IN_WORDS = (
    "Every rule was judged again at every step of the window (a slot). Coverage is the share of slots with a value, "
    "those with too few events aside; breaching is the share of these beyond the limit; blind is how long there was "
    "nothing to judge by."
)
PROOF_IN_WORDS = (
    "A good share over some days may be luck. Where failures and attempts are counted, this is what it is at least, "
    "however often somebody looks; it decides nothing. Without counters nothing is proven."
)


def gate_document(story: Story, phase: Phase) -> Document:
    """Write the summary of *phase* from its newest kept judgement and what people made of it."""
    judgement, call = newest_judgement(story.entries, phase.id)
    foot = foot_of(story)
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
            judged_comparison(story, phase, judgement),
            *_window(record),
            *_rules(record),
            *_proofs(record),
            *_met(record),
            *_others(story, phase),
        ),
        (rests, foot),
        verdict.words,
    )


def call_sentence(call: Entry) -> str:
    """Say who decided what on a judgement, and whether against it."""
    word = "GO" if call.body.get("go") else "NO-GO"
    return f"{word} by {call.actor} on {minute(call.at)} UTC, {call_words(call)}"


def sentence(words: str) -> str:
    """Return *words* with a capital and a full stop."""
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"


def _said(judgement: Entry, call: Entry | None) -> str:
    if call is not None:
        return sentence(call_sentence(call))
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
    table = rule_table(record)
    return [Section("Rules over the whole window", text=(RULES_IN_WORDS,), table=table)] if table.rows else []


def _proofs(record: Row) -> list[Section]:
    table = proof_table(record)
    return [Section("What the volume proves", text=(PROOF_IN_WORDS,), table=table)] if table.rows else []


def _met(record: Row) -> list[Section]:
    told = met(record)
    return [Section("What is met", items=tuple(told))] if told else []


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


def _when(value: object) -> str:
    return minute(datetime.fromisoformat(str(value))) if value else NONE
