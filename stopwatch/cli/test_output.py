"""What ``stopwatch test`` prints: per test a line, per failure the slots around it as a strip, or all of it as JSON."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import click

from stopwatch.config.duration import spell_duration

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stopwatch.cli.test_runs import FileRun
    from stopwatch.core.verdict import Verdict
    from stopwatch.watch.trial.findings import Finding

SLOTS_BEFORE, SLOTS_AFTER = 40, 8
"""How many slots are shown around the one in question."""
_COLOURS = {"B": "red", "C": "green", "M": "yellow", "L": "cyan", "·": "bright_black"}
_BRANCHES = {
    "enough_breaching": "enough slots breach",
    "too_few_even_if_missing_breached": "too few breach, even if every missing slot did",
    "policy": "the data cannot decide, so the policy does",
    "coverage": "too many slots are missing to decide",
    "only_breaching_long_enough": "nothing but breaching slots, for long enough",
    "undecided": "the data cannot decide",
}


def print_text(runs: Sequence[FileRun], *, quiet: bool) -> None:
    """Print all files for people; complaints go to standard error, colours only to a terminal."""
    for run in runs:
        for complaint in run.complaints:
            click.echo(complaint.render(), err=True)
        if run.complaints:
            continue
        if not quiet:
            click.echo(str(run.path))
        for trial in run.runs:
            if trial.findings:
                place = f"{run.path}:{trial.line}: " if quiet else "  "
                click.echo(f"{place}{click.style('FAIL', fg='red', bold=True)} {_plain(trial.name)}")
            elif not quiet:
                click.echo(f"  {click.style('ok', fg='green')}   {_plain(trial.name)}")
            for finding in trial.findings:
                _print_finding(finding)
    if not quiet:
        click.echo(_summary(runs))


def as_json(runs: Sequence[FileRun]) -> dict[str, object]:
    """Return the same facts as JSON-able values."""
    return {
        "files": [
            {
                "file": str(run.path),
                "ok": not run.complaints and not run.failed,
                "tests": [
                    {
                        "name": trial.name,
                        "line": trial.line,
                        "ok": not trial.findings,
                        "failures": [_finding_record(finding) for finding in trial.findings],
                    }
                    for trial in run.runs
                ],
                "complaints": [
                    {
                        "file": one.file,
                        "line": one.line,
                        "column": one.column,
                        "severity": one.severity.value,
                        "code": one.code,
                        "message": one.message,
                        "hint": one.hint,
                    }
                    for one in run.complaints
                ],
            }
            for run in runs
        ],
        "summary": _counts(runs),
    }


def _counts(runs: Sequence[FileRun]) -> dict[str, int]:
    tests, failed = sum(len(run.runs) for run in runs), sum(run.failed for run in runs)
    unusable = sum(bool(run.complaints) for run in runs)
    return {"files": len(runs), "unusable": unusable, "tests": tests, "ok": tests - failed, "failed": failed}


def _summary(runs: Sequence[FileRun]) -> str:
    counts = _counts(runs)
    tests, files = _many(counts["tests"], "test"), _many(counts["files"], "file")
    words = f"{tests} in {files}: {counts['ok']} ok, {counts['failed']} failed"
    if counts["unusable"]:
        words += f", {_many(counts['unusable'], 'file')} unusable"
    return click.style(words, fg="red" if counts["failed"] or counts["unusable"] else "green", bold=True)


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _print_finding(finding: Finding) -> None:
    line = "" if finding.expected is None else f"line {finding.expected.line}: "
    click.echo(f"       {line}{finding.kind}: {_plain(finding.site)} {finding.rule} at {_spelt(finding.at)}")
    expected, got = _sentences(finding)
    click.echo(f"         expected  {expected}")
    click.echo(f"         got       {got}")
    if finding.course.unresolved is not None:
        click.echo(f"         every slot is a failed evaluation: {finding.course.unresolved}")
        return
    first, strip = _strip(finding)
    before = "…" if first > 0 else " "
    after = "…" if first + len(strip) < len(finding.course.classes) else ""
    coloured = "".join(click.style(letter, fg=_COLOURS[letter]) for letter in strip)
    click.echo(f"         slots    {before}{coloured}{after}")
    click.echo(f"                   {' ' * (finding.slot - first)}^ slot {finding.slot}, {_spelt(finding.at)}")
    for words in _judgement(finding):
        click.echo(f"         {words}")


def _sentences(finding: Finding) -> tuple[str, str]:
    if finding.kind.value != "expect":
        what = "opens" if finding.kind.value == "opens" else "recovers"
        nothing = f"nothing {what} (now {finding.moment.state})"
        return (f"no such entry in {finding.kind}", f"{what} here") if finding.expected is None else (what, nothing)
    return _pairs(finding.said()), _pairs(finding.got())


def _pairs(fields: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {_word(value, joint=' or ')}" for name, value in fields.items())


def _strip(finding: Finding) -> tuple[int, str]:
    """Return the first slot shown and one letter a slot; · is a slot before activation, which does not exist."""
    course = finding.course
    first = max(0, finding.slot - SLOTS_BEFORE)
    return first, "".join(
        "·" if slot < course.first else course.classes[slot]
        for slot in range(first, min(len(course.classes), finding.slot + SLOTS_AFTER + 1))
    )


def _judgement(finding: Finding) -> list[str]:
    verdict, failures = finding.moment.verdict, finding.moment.failures
    words = [f"then {_many(failures, 'failed evaluation')}"] if failures else []
    if verdict is None:
        return ["not judged: before activation", *words]
    window = finding.course.rule.window
    counts = (
        f"{_bounds(verdict)} of the newest {_many(verdict.used, 'sample')} breach, {window.m} of {window.n} needed; "
        f"{verdict.used} of {verdict.expected} samples there"
    )
    return [
        f"verdict   {verdict.outcome}: {counts}",
        f"because   {_BRANCHES[verdict.branch]}",
        *words,
    ]


def _bounds(verdict: Verdict) -> str:
    return str(verdict.low) if verdict.low == verdict.high else f"{verdict.low} to {verdict.high}"


def _finding_record(finding: Finding) -> dict[str, object]:
    first, strip = (0, "") if finding.course.unresolved is not None else _strip(finding)
    verdict, window = finding.moment.verdict, finding.course.rule.window
    return {
        "kind": finding.kind.value,
        "line": None if finding.expected is None else finding.expected.line,
        "site": finding.site,
        "rule": finding.rule,
        "at": _spelt(finding.at),
        "slot": finding.slot,
        "expected": {name: _json(value) for name, value in finding.said().items()},
        "got": {name: _json(value) for name, value in finding.got().items()},
        "state": finding.moment.state.value,
        "failures": finding.moment.failures,
        "unresolved": finding.course.unresolved,
        "strip": {"first_slot": first, "classes": strip},
        "verdict": None
        if verdict is None
        else {
            "outcome": verdict.outcome.value,
            "branch": verdict.branch.value,
            "low": verdict.low,
            "high": verdict.high,
            "used": verdict.used,
            "expected": verdict.expected,
            "n": window.n,
            "m": window.m,
        },
    }


def _json(value: object) -> object:
    if isinstance(value, tuple):
        return [_json(one) for one in value]
    if isinstance(value, bool) or value is None:
        return value
    return _word(value, joint=", ")


def _word(value: object, *, joint: str) -> str:
    if isinstance(value, tuple):
        return joint.join(_word(one, joint=joint) for one in value)
    if isinstance(value, timedelta):
        return _spelt(value)
    if isinstance(value, StrEnum):
        return value.value
    return "none" if value is None else str(value)


def _spelt(duration: timedelta) -> str:
    return spell_duration(duration) if duration >= timedelta(0) else f"-{spell_duration(-duration)}"


def _plain(text: str) -> str:
    """Return *text* on one line without control characters."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
