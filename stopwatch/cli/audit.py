"""``stopwatch audit``: verify the chain of all writes, or export it."""

from __future__ import annotations

import json

import click

from stopwatch.cli.nearest import NearestGroup
from stopwatch.cli.terms import FINDING, config_option, leave, open_store_only, refusals_as_exit_codes

SHOWN = 5
"""How many lost rows are named."""


@click.group("audit", cls=NearestGroup, epilog="Example: stopwatch audit verify")
def command() -> None:
    """Verify or export the hash-chained record of every write."""


@command.command("verify", epilog="Example: stopwatch audit verify --head c300d0ed3b25")
@click.option("--head", metavar="HASH", help="A head printed on a card; the chain must hold the row with that hash.")
@config_option
@refusals_as_exit_codes
def verify(head: str | None, config: str | None) -> None:
    """
    Recompute every hash, and hold every act of a person against its row; exit code 1 names what does not fit.

    Rows that were cut off at the end leave a chain that fits; give the head of a card to find that out.
    """
    from stopwatch.core.audit import unaudited

    with open_store_only(config) as store:
        broken = store.verify_audit()
        with store.reading() as view:
            rows = list(view.audit_rows())
            lost = unaudited(view.every_act(), (row.body for row in rows))
    if broken is not None:
        leave(f"audit row {broken} does not fit the chain: it or a row before it was changed", FINDING)
    if lost:
        leave(f"audit rows are gone: {'; '.join(lost[:SHOWN])} {'…' if len(lost) > SHOWN else ''}".rstrip(), FINDING)
    if head is not None and not any(row.hash.startswith(head.lower()) for row in rows):
        leave(f"no audit row has the hash {head}: rows were cut off, or the head is not of this database", FINDING)
    click.echo(f"{len(rows)} rows, every hash fits; head {rows[-1].hash if rows else 'none'}")


@command.command("export")
@config_option
@refusals_as_exit_codes
def export(config: str | None) -> None:
    """Write every row as one line of JSON, oldest first."""
    with open_store_only(config) as store, store.reading() as view:
        for row in view.audit_rows():
            line = {"seq": row.seq, "previous": row.previous, "hash": row.hash, **row.body}
            click.echo(json.dumps(line, ensure_ascii=False, sort_keys=True))
