"""``stopwatch issues list``: the log, open and worst first; as CSV or JSON it becomes backlog items elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import config_option, now, open_records, refusals_as_exit_codes, write_json, write_table

if TYPE_CHECKING:
    from stopwatch.core.hypercare import Logged


@click.command("list", epilog="Example: stopwatch issues list --open --format csv > backlog.csv")
@click.option("--site", metavar="SITE|PHASE", help="Only those of one site or phase.")
@click.option("--open", "only_open", is_flag=True, help="Only those that are not resolved.")
@config_option
@click.option("--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True)
@refusals_as_exit_codes
def command(site: str | None, only_open: bool, config: str | None, form: str) -> None:
    """List issues, open ones first, worst first; JSON holds their whole history."""
    from stopwatch.core.issue_wire import issues_csv, issues_json
    from stopwatch.watch.acts.issues import log_of

    with open_records(config) as (rule_set, store), store.reading() as view:
        log = log_of(view, rule_set.plan, now=now())
    found = [one for one in log if site in {None, one.issue.scope} and (one.issue.open or not only_open)]
    if form == "json":
        write_json(issues_json(found))
    elif form == "csv":
        click.echo(issues_csv(found), nl=False)
    else:
        columns = ["id", "severity", "status", "description", "workaround", "owner", "target"]
        write_table(columns, [_row(one) for one in found], "The log has no issue that fits.")


def _row(logged: Logged) -> list[str]:
    issue = logged.issue
    marks = [issue.status, *(["not reviewed"] if logged.unreviewed else [])]
    target = (issue.target.isoformat() if issue.target else "–") + (" OVERDUE" if logged.overdue else "")
    what = f"{issue.description}{' (by the change)' if issue.attributable else ''}"
    return [issue.id, issue.severity, ", ".join(marks), what, issue.workaround or "–", issue.owner or "–", target]
