"""What ``stopwatch gate PHASE`` prints: the verdict in plain words, what is missing, then the numbers behind it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import write_json, write_table
from stopwatch.core.exit.check import GateVerdict, minute
from stopwatch.core.grid import rfc3339
from stopwatch.web.figures import span
from stopwatch.web.reports.judgement import Row, call_words, met, proof_table, rows_of, rule_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.ledger import Entry
    from stopwatch.watch.rollout.judging import Kept
    from stopwatch.web.reports.document import Table

_NONE = "–"


def kept_json(kept: Kept) -> dict[str, object]:
    """Write a kept judgement: whether the phase may be left, why not, who said go, and the whole record."""
    made = kept.entry
    return {
        "phase": made.scope,
        "open": kept.verdict is GateVerdict.PASS,
        "verdict": kept.verdict.value,
        "summary": made.body.get("summary"),
        "number": made.number,
        "at": rfc3339(made.at),
        "actor": made.actor,
        "evidence": made.body.get("evidence"),
        "reasons": made.body.get("open", []),
        "calls": [_call_json(call) for call in kept.calls],
        "record": kept.record,
    }


def _call_json(call: Entry) -> dict[str, object]:
    return {"number": call.number, "actor": call.actor, "at": rfc3339(call.at), **call.body}


def print_list(found: Sequence[Entry], calls: Sequence[Entry], form: str) -> None:
    """Print the judgements of a phase, oldest first, with what people made of each."""
    made = [(one, [call for call in calls if call.body.get("judgement") == one.number]) for one in found]
    if form == "json":
        rows: list[dict[str, object]] = [
            {
                "number": one.number,
                "at": rfc3339(one.at),
                "actor": one.actor,
                "verdict": one.body.get("verdict"),
                "summary": one.body.get("summary"),
                "evidence": one.body.get("evidence"),
                "calls": [_call_json(call) for call in own],
            }
            for one, own in made
        ]
        write_json({"judgements": rows})
        return
    table = [
        [
            str(one.number),
            minute(one.at),
            one.actor,
            GateVerdict(str(one.body.get("verdict"))).words,
            "; ".join(f"{call.item} by {call.actor}" for call in own) or _NONE,
            str(one.body.get("summary")),
        ]
        for one, own in made
    ]
    write_table(["number", "judged", "by", "verdict", "go", "summary"], table, "The phase was never judged.")


def print_kept(kept: Kept) -> None:
    """Print a judgement: plain words first, then what is missing, then tables."""
    made, record = kept.entry, kept.record
    click.echo(str(made.body.get("summary")))
    for window in rows_of(record, "windows"):
        click.echo(_window(window))
    for check in rows_of(made.body, "open"):
        word = "bad    " if check.get("verdict") == GateVerdict.FAIL.value else "missing"
        click.echo(f"\n  {word}  {check.get('text')}")
        if check.get("wants"):
            click.echo(f"  to pass  {check.get('wants')}")
    click.echo("")
    _print(rule_table(record), "No rule could be looked at.")
    if rows_of(record, "kpis"):
        click.echo("\nShare of successes that failures and attempts prove:")
        _print(proof_table(record), "")
    click.echo("")
    _print_kept_demands(record)
    for call in kept.calls:
        click.echo(call_sentence(call))
    click.echo(f"judgement {made.number} of {minute(made.at)} by {made.actor}, evidence {made.body.get('evidence')}")


def call_sentence(call: Entry) -> str:
    """Say who decided what on a judgement, and whether against it."""
    word = "GO" if call.body.get("go") else "NO-GO"
    return f"{word} for {call.scope} by {call.actor} on {minute(call.at)}, {call_words(call)}"


def _print(table: Table, empty: str) -> None:
    write_table(list(table.columns), [list(row) for row in table.rows], empty)


def _print_kept_demands(record: Row) -> None:
    told = met(record)
    if told:
        click.echo("met: " + "; ".join(told))


def _window(window: Row) -> str:
    if window.get("start") is None:
        return f"{window.get('site')} is not live"
    start, end = _instant(window.get("start")), _instant(window.get("end"))
    lasts = span(end - start)
    since = minute(_instant(window.get("since")))
    since = f"observed since {window.get('because')}, {since}"
    return f"{window.get('site')}: {minute(start)} to {minute(end)}, {lasts}; {since}"


def _instant(written: object) -> datetime:
    return datetime.fromisoformat(str(written))
