"""What ``stopwatch explain`` prints: for people, or all of it as JSON."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from stopwatch.cli.explain_words import (
    armed,
    decided,
    headline,
    hints,
    missing_to_change,
    moment,
    number,
    reason_words,
    rule_lines,
    sums,
)
from stopwatch.cli.terms import write_table
from stopwatch.core.audit import finite
from stopwatch.core.grid import rfc3339
from stopwatch.core.rule import Combine
from stopwatch.prometheus.sites import expand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.watch.explain.explanation import AskedQuery, Explanation, Turn
    from stopwatch.watch.explain.forecast import Forecast
    from stopwatch.watch.explain.slots import SlotLine

COLOURS = {"B": "red", "C": "green", "M": "yellow", "L": "cyan"}
"""The colour of a slot's letter, the same in every command."""
KINDS = {"B": "breaching", "C": "clear", "M": "missing", "L": "low volume", "": "before activation"}
GOOD = {"G": "good", "N": "not good", "M": "–", "": ""}
MOST_TURNS = 8


def print_text(told: Explanation, *, url: str, notes: Sequence[str]) -> None:
    """Print for people: the answer first, then what it follows from."""
    click.secho(headline(told), bold=True)
    for sentence in [*missing_to_change(told), *hints(told), *notes]:
        click.echo(sentence)
    click.echo("")
    _paragraph("rule", rule_lines(told))
    _paragraph("watched", [armed(told)])
    if told.step is not None and told.seen is not None:
        _paragraph("window", [sums(told), _strip(told.seen.classes.decode())])
        _paragraph("verdict", [decided(told)])
    _paragraph("history", [_turns(told)] if told.folded is not None else [])
    if told.lines:
        click.echo("")
        _table(told)
    click.echo("")
    for query in told.queries:
        _paragraph("query", _pasted(told, query, url))
    _paragraph("links", [f"{link.kind}: {link.url}" for link in told.links])


def _paragraph(name: str, lines: Sequence[str]) -> None:
    for place, line in enumerate(lines):
        click.echo(f"{name if place == 0 else '':<9}{line}".rstrip())


def _strip(classes: str) -> str:
    return "".join(click.style(letter, fg=COLOURS[letter]) for letter in classes)


def _turns(told: Explanation) -> str:
    if told.folded is None:
        return ""
    begun = moment(told.folded.start)
    if not told.turns:
        return f"nothing changed since {begun}, the oldest slot that was walked through"
    shown = [_turn(told, turn) for turn in told.turns[-MOST_TURNS:]]
    earlier = len(told.turns) - len(shown)
    more = f"{earlier} change{'' if earlier == 1 else 's'} since {begun}, then " if earlier else f"from {begun}: "
    return more + ", ".join(shown)


def _turn(told: Explanation, turn: Turn) -> str:
    return f"{moment(turn.at, told.at)} {turn.condition.value}{' without data' if turn.no_data else ''}"


def _table(told: Explanation) -> None:
    guarded = any(part.volume is not None for line in told.lines for part in line.parts)
    several = told.rule.combine is not Combine.ONE
    columns = ["time", *(["condition"] if several else []), "value", *(["volume"] if guarded else [])]
    rows = [row for line in told.lines for row in _rows(told, line, guarded=guarded, several=several)]
    write_table([*columns, "class", "counted", "reason", "for recovery"], rows, "")


def _rows(told: Explanation, line: SlotLine, *, guarded: bool, several: bool) -> list[list[str]]:
    """Return a row for each condition; what holds for the slot as a whole stands in the first."""
    found = []
    for place, (part, kpi) in enumerate(zip(line.parts, told.kpis, strict=True)):
        whole = [line.kind and f"{line.kind} {KINDS[line.kind]}", "yes" if line.used else "", GOOD[line.good]]
        kind, used, good = whole if place == 0 else ("", "", "")
        volume = [number(part.volume) if part.volume is not None else ""] if guarded else []
        condition = [part.limit.kpi] if several else []
        reason = reason_words(part, kpi) if line.kind else KINDS[""]
        time = f"{line.at:%H:%M:%S}Z" if place == 0 else ""
        found.append([time, *condition, number(part.value, kpi), *volume, kind, used, reason, good])
    return found


def _pasted(told: Explanation, query: AskedQuery, url: str) -> list[str]:
    """Return the query as it can be pasted, with the range of the table."""
    text = expand(query.expression, query.labels)
    if not told.lines:
        return [f"{query.role} of {query.kpi}:", *text.splitlines()]
    start, end = told.lines[0].at, told.lines[-1].at
    step = int(told.rule.step.total_seconds())
    command = ["promtool", "query", "range", f"--start={rfc3339(start)}", f"--end={rfc3339(end)}", f"--step={step}s"]
    return [
        f"{query.role} of {query.kpi}:",
        *text.splitlines(),
        shlex.join([*command, url, " ".join(text.split())]),
        graph(text, url, told),
    ]


def graph(text: str, url: str, told: Explanation) -> str:
    """Return the address of Prometheus's own graph page over the range of the table."""
    seconds = int((told.lines[-1].at - told.lines[0].at).total_seconds()) or 60
    asked = {
        "g0.expr": text,
        "g0.tab": "0",
        "g0.range_input": f"{seconds}s",
        "g0.end_input": f"{told.lines[-1].at:%Y-%m-%d %H:%M:%S}",
        "g0.step_input": str(int(told.rule.step.total_seconds())),
    }
    return f"{url.rstrip('/')}/graph?{urlencode(asked)}"


def as_json(told: Explanation, *, url: str, notes: Sequence[str]) -> dict[str, object]:
    """Return the same facts as JSON values; times are RFC 3339 in UTC, what is not known is null."""
    state, verdict = (told.step.state, told.step.verdict) if told.step is not None else (None, None)
    return {
        "site": told.site.id,
        "rule": told.rule.id,
        "at": rfc3339(told.at),
        "state": told.reported.value if told.reported is not None else None,
        "headline": headline(told),
        "missing_to_change": missing_to_change(told),
        "notes": list(notes),
        "failure": told.failure,
        "pending_since": rfc3339(state.pending_since) if state is not None and state.pending_since else None,
        "opened_at": rfc3339(state.opened_at) if state is not None and state.opened_at else None,
        "reason": state.no_data.value if state is not None and state.no_data is not None else None,
        "activation": {
            "at": rfc3339(told.arming.at) if told.arming.at else None,
            "origin": told.arming.origin.value,
            "decision": told.arming.ended,
        },
        "resolved": told.resolved.record() if told.resolved is not None else None,
        "rule_hash": told.resolved.hash if told.resolved is not None else None,
        "verdict": None
        if verdict is None
        else {
            "outcome": verdict.outcome.value,
            "branch": verdict.branch.value,
            "words": decided(told),
            "low": verdict.low,
            "high": verdict.high,
            "used": verdict.used,
            "expected": verdict.expected,
            "coverage": verdict.coverage,
        },
        "range": None if told.seen is None else _range(told),
        "fires": _forecast(told.fire),
        "recovers": _forecast(told.recover),
        "recovery": None
        if told.recovery is None
        else {"good": told.recovery.good, "needed": told.recovery.needed, "seen": told.recovery.seen},
        "turns": [
            {"at": rfc3339(turn.at), "condition": turn.condition.value, "no_data": turn.no_data and turn.no_data.value}
            for turn in told.turns
        ],
        "slots": [_slot(line) for line in told.lines],
        "queries": [
            {"kpi": query.kpi, "role": query.role, "source": url, "query": expand(query.expression, query.labels)}
            for query in told.queries
        ],
        "links": [{"kind": link.kind, "url": link.url} for link in told.links],
    }


def _range(told: Explanation) -> dict[str, object]:
    classes = told.seen.classes if told.seen is not None else b""
    return {
        "first": rfc3339(told.rule.grid.instant(told.first_seen)),
        "classes": classes.decode(),
        "breaching": classes.count(b"B"),
        "clear": classes.count(b"C"),
        "missing": classes.count(b"M") + classes.count(b"L"),
        "low_volume": classes.count(b"L"),
    }


def _forecast(found: Forecast | None) -> dict[str, object] | None:
    return None if found is None else {"slots": found.slots, "at": rfc3339(found.at)}


def _slot(line: SlotLine) -> dict[str, object]:
    return {
        "at": rfc3339(line.at),
        "class": line.kind or None,
        "good": line.good or None,
        "counted": line.used,
        "conditions": [
            {
                "kpi": part.limit.kpi,
                "value": finite(part.value),
                "volume": None if part.volume is None else finite(part.volume),
                "reason": part.reason.value,
            }
            for part in line.parts
        ],
    }
