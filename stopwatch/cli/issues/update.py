"""``stopwatch issues update``: say what became of an issue."""

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
from stopwatch.core.issue import IssueStatus


@click.command(
    "update",
    epilog="Example: stopwatch issues update ham-01-1 --status resolved --note 'fixed with 4.12.1'",
)
@click.argument("identity", metavar="ID")
@click.option("--status", type=click.Choice([status.value for status in IssueStatus]), help="Where it stands now.")
@click.option("--note", metavar="TEXT", help="What there is to say; alone it says that somebody looked at it.")
@severity_option
@text_option
@workaround_option
@owner_option
@target_option
@click.option("--attributable/--not-attributable", default=None, help="Whether the change caused it.")
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(
    identity: str,
    status: str | None,
    note: str | None,
    severity: str | None,
    text: str | None,
    workaround: str | None,
    owner: str | None,
    target: str | None,
    attributable: bool | None,
    actor: str | None,
    config: str | None,
    form: str,
) -> None:
    """Change issue ID, or note that somebody looked at it; an empty text takes workaround, owner or target back."""
    from stopwatch.watch.acts.issues import IssueAsked, say

    said = {
        "status": status,
        "note": note,
        "severity": severity,
        "description": text,
        "workaround": workaround,
        "owner": owner,
        "target": target,
        "attributable": attributable,
    }
    with open_desk(config) as desk:
        logged = say(desk, IssueAsked(actor_of(actor), identity=identity, said=said), transport="cli", now=now())
    changes = ", ".join(logged.issue.history[-1].changes) or "noted"
    write_issue(logged, f"{identity}: {changes}", form)
