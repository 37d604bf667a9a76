"""What ``stopwatch gate PHASE`` prints: the verdict in plain words, what is missing, then the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import write_json, write_table
from stopwatch.core.exit.check import GateVerdict, minute, percent
from stopwatch.core.grid import rfc3339
from stopwatch.slack.figures import span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.ledger import Entry
    from stopwatch.watch.rollout.judging import Kept

Row = Mapping[str, object]
_NONE = "–"
_WORDS = {"pass": "passes", "fail": "FAILS", "not_provable": "not provable"}


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
    for window in _rows(record, "windows"):
        click.echo(_window(window))
    for check in _rows(made.body, "open"):
        word = "bad    " if check.get("verdict") == GateVerdict.FAIL.value else "missing"
        click.echo(f"\n  {word}  {check.get('text')}")
        if check.get("wants"):
            click.echo(f"  to pass  {check.get('wants')}")
    click.echo("")
    write_table(_RULES, [_rule(row, record) for row in _rows(record, "rules")], "No rule could be looked at.")
    kpis = _rows(record, "kpis")
    if kpis:
        click.echo("\nShare of successes that failures and attempts prove:")
        write_table(["site", "KPI", "proven", "failed", "attempts"], [_kpi(row) for row in kpis], "")
    click.echo("")
    _print_kept_demands(record)
    for call in kept.calls:
        click.echo(call_sentence(call))
    click.echo(f"judgement {made.number} of {minute(made.at)} by {made.actor}, evidence {made.body.get('evidence')}")


def call_sentence(call: Entry) -> str:
    """Say who decided what on a judgement, and whether against it."""
    body = call.body
    verdict = GateVerdict(str(body.get("verdict"))).words
    against = f", AGAINST the judgement ({verdict})" if body.get("against") else f", as judged ({verdict})"
    word = "GO" if body.get("go") else "NO-GO"
    return f"{word} for {call.scope} by {call.actor} on {minute(call.at)}{against}: {body.get('reason')}"


def _print_kept_demands(record: Row) -> None:
    """Print the demands on people and records that are met; those on rules stand in the table."""
    met = [row for row in _rows(record, "checks") if row.get("verdict") == "pass" and row.get("rule") is None]
    told = [str(row.get("text")) for row in met if row.get("code") != "window"]
    if told:
        click.echo("kept: " + "; ".join(told))


def _window(window: Row) -> str:
    if window.get("start") is None:
        return f"{window.get('site')} is not live"
    start, end = _instant(window.get("start")), _instant(window.get("end"))
    lasts = span((end - start).total_seconds())
    since = minute(_instant(window.get("since")))
    since = f"observed since {window.get('because')}, {since}"
    return f"{window.get('site')}: {minute(start)} to {minute(end)}, {lasts}; {since}"


_RULES = ["site", "rule", "", "coverage", "breaching", "breaches", "longest", "low volume", "volume", "slots"]


def _rule(row: Row, record: Row) -> list[str]:
    word = "observed" if row.get("mode") == "observe" else _WORDS.get(str(row.get("verdict")), _NONE)
    name = [str(row.get("site")), str(row.get("rule")), word]
    if row.get("slots") is None:
        return [*name, *[_NONE] * 6, str(row.get("failure") or _NONE)]
    entered = [one for one in _rows(row, "breaches") if one.get("acquitted") is None]
    dismissed = len(_rows(row, "breaches")) - len(entered)
    longest = row.get("longest_breaching_seconds")
    return [
        *name,
        _share(row.get("coverage")),
        _share(row.get("breaching_share")),
        f"{len(entered)}" + (f" (+{dismissed} false alarm{'s' if dismissed > 1 else ''})" if dismissed else ""),
        span(longest) or _NONE if longest else _NONE,
        _share(row.get("low_volume_share")),
        _volume(row, record),
        f"{row.get('slots'):,}",
    ]


def _volume(row: Row, record: Row) -> str:
    names, site = row.get("kpis"), row.get("site")
    wanted = names if isinstance(names, list) else []
    own = [one for one in _rows(record, "kpis") if one.get("site") == site and one.get("kpi") in wanted]
    known = [one.get("volume") for one in own]
    numbers = [one for one in known if isinstance(one, int | float)]
    return f"{min(numbers):,.0f}" if numbers and len(numbers) == len(known) else "not known"


def _kpi(row: Row) -> list[str]:
    proof = row.get("proof")
    name = [str(row.get("site")), str(row.get("title"))]
    if not isinstance(proof, Mapping):
        return [*name, f"no proof possible: {row.get('unproven')}", _NONE, _NONE]
    return [*name, str(proof["text"]), f"{proof['failures']:,.0f}", f"{proof['attempts']:,.0f}"]


def _rows(record: Row, key: str) -> list[Row]:
    found = record.get(key)
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def _share(value: object) -> str:
    return percent(float(value)) if isinstance(value, int | float) else _NONE


def _instant(written: object) -> datetime:
    return datetime.fromisoformat(str(written))
