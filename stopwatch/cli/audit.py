"""``stopwatch audit``: verify the chain of all writes, or export it."""

from __future__ import annotations

import json

import click

from stopwatch.cli.terms import FINDING, config_option, leave, open_records, refusals_as_exit_codes


@click.group("audit", epilog="Example: stopwatch audit verify")
def command() -> None:
    """Verify or export the hash-chained record of every write."""


@command.command("verify")
@config_option
@refusals_as_exit_codes
def verify(config: str | None) -> None:
    """Recompute every hash; exit code 1 names the first row that does not fit."""
    with open_records(config) as (_rule_set, store):
        broken = store.verify_audit()
        with store.reading() as view:
            rows, head = sum(1 for _ in view.audit_rows()), view.audit_head()
    if broken is not None:
        leave(f"audit row {broken} does not fit the chain: it or a row before it was changed", FINDING)
    click.echo(f"{rows} rows, every hash fits; head {head}")


@command.command("export")
@config_option
@refusals_as_exit_codes
def export(config: str | None) -> None:
    """Write every row as one line of JSON, oldest first."""
    with open_records(config) as (_rule_set, store), store.reading() as view:
        for row in view.audit_rows():
            line = {"seq": row.seq, "previous": row.previous, "hash": row.hash, **row.body}
            click.echo(json.dumps(line, ensure_ascii=False, sort_keys=True))
