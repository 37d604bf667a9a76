"""``stopwatch issues add``: write down what is wrong at a site."""

from __future__ import annotations

import click

from stopwatch.cli.issues.options import (
    actor_option,
    owner_option,
    severity_option,
    target_option,
    text_option,
    workaround_option,
    write_issue,
)
from stopwatch.cli.terms import actor_of, config_option, format_option, now, open_desk, refusals_as_exit_codes


@click.command(
    "add",
    epilog="Example: stopwatch issues add ham-01 --severity sev3 --text 'labels print twice' --workaround 'bin one'",
)
@click.argument("place", metavar="SITE|PHASE")
@severity_option
@text_option
@workaround_option
@owner_option
@target_option
@click.option("--attributable", is_flag=True, help="The change caused it.")
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(
    place: str,
    severity: str | None,
    text: str | None,
    workaround: str | None,
    owner: str | None,
    target: str | None,
    attributable: bool,
    actor: str | None,
    config: str | None,
    form: str,
) -> None:
    """
    Write down an issue at SITE; it gets an id such as ham-01-1.

    An open Sev1 or Sev2 keeps the phase from passing its exit gate. An issue never pauses a site; `stopwatch pause`
    does.
    """
    from stopwatch.watch.acts.issues import IssueAsked, say

    said = {
        "severity": severity,
        "description": text,
        "workaround": workaround,
        "owner": owner,
        "target": target,
        "attributable": attributable,
    }
    with open_desk(config, create=True) as desk:
        logged = say(desk, IssueAsked(actor_of(actor), place=place, said=said), transport="cli", now=now())
    write_issue(logged, f"{logged.issue.id} ({severity}) is in the log", form)
