"""``stopwatch backup``: a proven copy of a SQLite database, taken while the daemon runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import (
    FINDING,
    config_option,
    format_option,
    leave,
    refusals_as_exit_codes,
    settings_from,
    write_json,
)

if TYPE_CHECKING:
    from stopwatch.store.backup import Copied


@click.command("backup", epilog="Example: stopwatch backup /backup/stopwatch-$(date -u +%FT%H%MZ).db")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@config_option
@format_option
@refusals_as_exit_codes
def command(file: Path, config: str | None, form: str) -> None:
    """
    Write a copy of the SQLite database to FILE while the daemon goes on, and prove it.

    FILE must not exist; it appears only once pages, references and the audit chain of the copy are proven. Exit code 1:
    the database is damaged or was tampered with, and there is no FILE. PostgreSQL has pg_dump.
    """
    from stopwatch.core.errors import BackupUnusableError
    from stopwatch.store.backup import back_up

    try:
        held = back_up(settings_from(config).database_url.get_secret_value(), file)
    except BackupUnusableError as error:
        leave(str(error), FINDING)
    write_copied(held, file, form)


def write_copied(held: Copied, file: Path, form: str) -> None:
    """Say what *file* holds."""
    if form == "json":
        told = {
            "file": str(file),
            "revision": held.revision,
            "bytes": held.size_bytes,
            "live_decisions": held.live_decisions,
            "unsent_messages": held.unsent,
            "audit_rows": held.audit_rows,
            "audit_head": held.audit_head,
        }
        write_json(told)
        return
    click.echo(
        f"{file}: {held.size_bytes:,} bytes, revision {held.revision}, {held.live_decisions} live decisions, "
        f"{held.unsent} unsent messages, {held.audit_rows} audit rows that all fit; head {held.audit_head}"
    )
