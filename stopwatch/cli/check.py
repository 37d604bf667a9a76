"""``stopwatch check``: every complaint about the rule files at once, with its place and how to mend it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import FINDING, refusals_as_exit_codes, settings_from

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaint


@click.command("check", epilog="Example: stopwatch check rules --strict --format github")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), default=None, help="The rule folder, as for every command.")
@click.option("--strict", is_flag=True, help="Warnings are findings too.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="For people, for editors and CI, or as annotations.",
)
@refusals_as_exit_codes
def command(folder: Path | None, config: Path | None, strict: bool, form: str) -> None:
    """
    Check kpis.yaml, stop-rules.yaml and rollout.yaml of FOLDER, offline.

    Exit code 1 if there are errors (nothing would be loaded), or with --strict warnings; else 0.
    """
    from stopwatch.app.building import examine

    place = folder or config or settings_from(None).config
    rule_set, complaints = examine(place)
    errors = [complaint for complaint in complaints if complaint.severity == "error"]
    if form == "json":
        click.echo(json.dumps({"complaints": [_plain(complaint) for complaint in complaints]}, indent=2))
    else:
        for complaint in complaints:
            click.echo(_annotation(complaint) if form == "github" else complaint.render())
    if form == "text":
        count = f"{len(errors)} errors, {len(complaints) - len(errors)} warnings"
        if rule_set is None:
            click.echo(f"{place}: {count}; nothing would be loaded", err=True)
        else:
            rules = len({rule.id for rules in rule_set.rules.values() for rule in rules})
            click.echo(f"{place}: {len(rule_set.kpis)} KPIs, {rules} rules, {len(rule_set.plan.sites)} sites; {count}")
    sys.exit(FINDING if errors or (strict and complaints) else 0)


def _plain(complaint: Complaint) -> dict[str, object]:
    return {
        "file": complaint.file,
        "line": complaint.line,
        "column": complaint.column,
        "severity": complaint.severity.value,
        "code": complaint.code,
        "message": complaint.message,
        "hint": complaint.hint,
    }


def _annotation(complaint: Complaint) -> str:
    """Write a GitHub annotation; its reader wants %, newlines, colons and commas escaped."""
    text = f"{complaint.message}. {complaint.hint}" if complaint.hint else complaint.message
    for letter, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(letter, escaped)
    place = f"file={complaint.file},line={complaint.line},col={complaint.column},title={complaint.code}"
    return f"::{complaint.severity} {place}::{text}"
