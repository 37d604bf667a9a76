"""``stopwatch check``: every complaint about the rule files at once, with its place and how to mend it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import FINDING, UNUSABLE, leave, refusals_as_exit_codes

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaint
    from stopwatch.core.rollout import RuleSet


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

    FOLDER defaults to --config, else STOPWATCH_CONFIG, else rules; no other setting is read. Exit code 1 if there are
    errors (nothing would be loaded), or with --strict warnings; 2 if there is no such folder; else 0.
    """
    from stopwatch.app.building import examine
    from stopwatch.cli.check_output import write_complaints

    place = folder or config or Path(os.environ.get("STOPWATCH_CONFIG") or "rules")
    if not place.is_dir():
        what = "is a file; name its folder" if place.is_file() else "does not exist"
        leave(f"the rule folder {place} {what}", UNUSABLE)
    rule_set, complaints = examine(place)
    write_complaints(complaints, form)
    errors = sum(complaint.severity == "error" for complaint in complaints)
    if form == "text":
        _sum_up(place, rule_set, errors, complaints)
    sys.exit(FINDING if errors or (strict and complaints) else 0)


def _sum_up(place: Path, rule_set: RuleSet | None, errors: int, complaints: list[Complaint]) -> None:
    count = f"{_counted(errors, 'error')}, {_counted(len(complaints) - errors, 'warning')}"
    if rule_set is None:
        click.echo(f"{place}: {count}; nothing would be loaded", err=True)
        return
    rules = len({rule.id for rules in rule_set.rules.values() for rule in rules})
    click.echo(f"{place}: {len(rule_set.kpis)} KPIs, {rules} rules, {len(rule_set.plan.sites)} sites; {count}")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
