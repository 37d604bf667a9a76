"""``stopwatch outbox``: what waits to be sent, and what to do about it."""

from __future__ import annotations

import click

from stopwatch.cli.nearest import NearestGroup
from stopwatch.cli.terms import (
    FINDING,
    actor_of,
    config_option,
    format_option,
    leave,
    now,
    open_store_only,
    refusals_as_exit_codes,
    write_json,
    write_table,
)


@click.group("outbox", cls=NearestGroup, epilog="Example: stopwatch outbox list --state pending")
def command() -> None:
    """List, retry or drop messages that wait to be sent."""


@command.command("list")
@click.option("--state", type=click.Choice(["pending", "unknown", "sent", "dead"]), help="Only rows in this state.")
@config_option
@format_option
@refusals_as_exit_codes
def list_rows(state: str | None, config: str | None, form: str) -> None:
    """List messages, oldest first."""
    from stopwatch.core.outbox import OutboxState

    with open_store_only(config) as store:
        rows = store.rows(OutboxState(state) if state else None)
    if form == "json":
        write_json(
            {
                "rows": [
                    {
                        "key": row.message.key,
                        "kind": row.message.kind.value,
                        "decision": row.message.decision,
                        "state": row.state.value,
                        "attempts": row.attempts,
                        "ts": row.ts,
                        "error": row.error,
                    }
                    for row in rows
                ]
            }
        )
        return
    table = [
        [
            row.message.key,
            row.message.kind.value,
            row.message.decision or "",
            row.state.value,
            str(row.attempts),
            row.ts or "",
            row.error or "",
        ]
        for row in rows
    ]
    write_table(["key", "kind", "decision", "state", "attempts", "ts", "error"], table, "The outbox is empty.")


@command.command("retry")
@click.argument("key")
@click.option("--actor", help="Who asks for it (default: the operating system's user).")
@config_option
@refusals_as_exit_codes
def retry(key: str, actor: str | None, config: str | None) -> None:
    """Try a dead or waiting message again at once."""
    _change(key, actor, config, act="outbox.retry", reason=None)


@command.command("drop")
@click.argument("key")
@click.option("--reason", required=True, help="Why nobody needs it.")
@click.option("--actor", help="Who drops it (default: the operating system's user).")
@config_option
@refusals_as_exit_codes
def drop(key: str, reason: str, actor: str | None, config: str | None) -> None:
    """Give a message up; it stays in the list as dead."""
    _change(key, actor, config, act="outbox.drop", reason=reason)


def _change(key: str, actor: str | None, config: str | None, *, act: str, reason: str | None) -> None:
    from stopwatch.core.records import AuditEntry

    moment = now()
    with open_store_only(config) as store, store.writing() as tx:
        row = tx.retry(key, now=moment) if reason is None else tx.drop(key, reason)
        if row is None:
            leave(f"no message with the key {key} can be changed so; `stopwatch outbox list` shows all", FINDING)
        entry = AuditEntry(moment, actor_of(actor), "cli", act, row.message.decision, reason=reason)
        tx.audit(entry)
    click.echo(f"{key}: {row.state}")
