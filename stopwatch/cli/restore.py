"""``stopwatch restore``: a proven copy becomes the database again."""

from __future__ import annotations

from pathlib import Path

import click

from stopwatch.cli.backup import write_copied
from stopwatch.cli.terms import (
    FINDING,
    actor_of,
    config_option,
    format_option,
    leave,
    now,
    refusals_as_exit_codes,
    settings_from,
)


@click.command("restore", epilog="Example: stopwatch restore /backup/stopwatch-2026-11-21T1015Z.db")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--actor", help="Who restores (default: cli: and the operating system's user).")
@config_option
@format_option
@refusals_as_exit_codes
def command(file: Path, actor: str | None, config: str | None, form: str) -> None:
    """
    Make FILE, which `stopwatch backup` wrote, the database that STOPWATCH_DATABASE_URL names.

    Refused while a daemon works there, and where there is a database: move it away first. The copy is proven before
    it counts (exit code 1 if it is damaged), and the restore becomes a row of its audit. The daemon then judges what
    the copy does not know, as far back as STOPWATCH_CATCH_UP, and looks up before it sends again. PostgreSQL has
    pg_restore.
    """
    from stopwatch.core.errors import BackupUnusableError
    from stopwatch.core.records import AuditEntry
    from stopwatch.store.backup import put_back

    url = settings_from(config).database_url.get_secret_value()
    entry = AuditEntry(now(), actor_of(actor), "cli", "database.restore", details={"file": file.name})
    try:
        held = put_back(url, file, entry)
    except BackupUnusableError as error:
        leave(str(error), FINDING)
    write_copied(held, file, form)
