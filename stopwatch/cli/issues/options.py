"""Options that the commands of the issue log share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import write_json
from stopwatch.core.issue import SEVERITIES

if TYPE_CHECKING:
    from stopwatch.core.hypercare import Logged

severity_option = click.option("--severity", type=click.Choice(SEVERITIES), help="How bad: sev1 (worst) to sev4.")
text_option = click.option("--text", metavar="TEXT", help="What is wrong, in plain words.")
workaround_option = click.option("--workaround", metavar="TEXT", help="How the warehouse gets on meanwhile.")
owner_option = click.option("--owner", metavar="NAME", help="Who sees to it.")
target_option = click.option("--target", metavar="DATE", help="The day by which it is resolved: 2026-11-30.")
actor_option = click.option("--actor", help="Who says so (default: the operating system's user).")


def write_issue(logged: Logged, said: str, form: str) -> None:
    """Write one issue: the sentence *said* with what it warns of, or its JSON."""
    from stopwatch.core.issue_wire import issue_json

    if form == "json":
        write_json(issue_json(logged))
        return
    issue = logged.issue
    click.echo(said)
    if issue.open and issue.severity == "sev1" and issue.attributable:
        click.echo(
            f"It pauses nothing: only a declared stop does. To pause: "
            f"stopwatch pause {issue.scope} --criterion sev1 --reason TEXT"
        )
    if issue.open and issue.severe:
        click.echo("No phase passes its exit gate with it.")
