"""``stopwatch check``: every complaint about the rule files at once, with its place and how to mend it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from stopwatch.cli.check_live_output import write_checkup
from stopwatch.cli.check_output import as_json, counted, write_complaints
from stopwatch.cli.terms import FINDING, UNUSABLE, leave, refusals_as_exit_codes, settings_from, write_json

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaint
    from stopwatch.core.checkup import Checkup
    from stopwatch.core.rollout import RuleSet


@click.command("check", epilog="Example: stopwatch check rules --strict --format github")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), default=None, help="The rule folder, as for every command.")
@click.option("--live", is_flag=True, help="Also ask Prometheus, the evidence links and Slack, as the settings say.")
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
def command(folder: Path | None, config: Path | None, live: bool, strict: bool, form: str) -> None:
    """
    Check kpis.yaml, stop-rules.yaml and rollout.yaml of FOLDER, offline.

    FOLDER defaults to --config, else STOPWATCH_CONFIG, else rules; no other setting is read. Exit code 1 if there are
    errors (nothing would be loaded), or with --strict warnings; 2 if there is no such folder; else 0.

    With --live the files are then held against the world: every query at its Prometheus for every site, the volume
    guards against a week of volumes, the evidence links, and Slack. Nothing is written or posted.
    """
    from stopwatch.app.building import examine

    place = folder or config or Path(os.environ.get("STOPWATCH_CONFIG") or "rules")
    if not place.is_dir():
        what = "is a file; name its folder" if place.is_file() else "does not exist"
        leave(f"the rule folder {place} {what}", UNUSABLE)
    rule_set, complaints = examine(place)
    checkup = _ask_around(place, rule_set) if live and rule_set is not None else None
    errors = sum(complaint.severity == "error" for complaint in complaints)
    if form == "json":
        write_json(as_json(complaints, checkup))
    else:
        write_complaints(complaints, github=form == "github")
        if form == "text":
            _sum_up(place, rule_set, errors, complaints)
        if checkup is not None:
            write_checkup(checkup, github=form == "github")
    found = checkup.findings if checkup is not None else ()
    errors += checkup.errors if checkup is not None else 0
    sys.exit(FINDING if errors or (strict and (complaints or found)) else 0)


def _ask_around(place: Path, rule_set: RuleSet) -> Checkup:
    from stopwatch.app.checkup import check_live

    return check_live(rule_set, settings_from(str(place)))


def _sum_up(place: Path, rule_set: RuleSet | None, errors: int, complaints: list[Complaint]) -> None:
    count = f"{counted(errors, 'error')}, {counted(len(complaints) - errors, 'warning')}"
    if rule_set is None:
        click.echo(f"{place}: {count}; nothing would be loaded", err=True)
        return
    rules = len({rule.id for rules in rule_set.rules.values() for rule in rules})
    sizes = ((len(rule_set.kpis), "KPI"), (rules, "rule"), (len(rule_set.plan.sites), "site"))
    click.echo(f"{place}: {', '.join(counted(number, what) for number, what in sizes)}; {count}")
