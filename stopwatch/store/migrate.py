"""Brings the tables of a database up to what this program expects, once, however many processes start at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, inspect, select, table

from stopwatch.core.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

REVISION = "0009"
"""The newest revision in ``migrations/versions``."""

FOLDER = Path(__file__).parent / "migrations"

# Alembic keeps the migration under way in its own module, so one process migrates one database at a time.
_ALEMBIC = threading.Lock()
_VERSION = table("alembic_version", column("version_num"))


def revision(connection: Connection) -> str | None:
    """Return the revision of a database, None for an empty one."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar_one_or_none()


def configuration(connection: Connection) -> Config:
    """Return Alembic's configuration for one open connection."""
    from alembic.config import Config  # noqa: PLC0415 - Alembic imports slowly and is needed once per version

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def bring_up_to_date(reading: Engine, writing: Engine, *, shown: str, create: bool, upgrade: bool) -> None:
    """
    Run the revisions that the database *shown* lacks, in one transaction.

    Raises:
        ConfigurationError: The database was written by a newer version; it has no tables and *create* is not asked
            for; or it was written by an older version and *upgrade* is not asked for.

    """
    with reading.connect() as connection:
        stored = revision(connection)
    if stored == REVISION:
        return
    if stored is None and not create:
        raise ConfigurationError(f"there are no tables in the database {shown}; the daemon makes them when it starts")
    if stored is not None and not upgrade and stored in known_revisions():
        raise ConfigurationError(
            f"the database {shown} is of an older version (revision {stored}, this one needs {REVISION}); "
            "back it up (`stopwatch backup FILE`), then start this version's daemon, which upgrades it"
        )
    with writing.begin() as connection:
        stored = revision(connection)
        if stored != REVISION:  # another process may have been quicker
            _upgrade(connection, stored, shown)


def known_revisions() -> set[str]:
    """Return the names of all revisions that this program can bring up to date."""
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def _upgrade(connection: Connection, stored: str | None, shown: str) -> None:
    if connection.dialect.name == "postgresql":  # before anything else: the import of Alembic alone may take long
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # an upgrade may rewrite whole tables
    if stored is not None and stored not in known_revisions():
        words = "start that version or restore a backup from before the upgrade"
        raise ConfigurationError(f"the database {shown} was written by a newer version (revision {stored}); {words}")
    from alembic import command  # noqa: PLC0415 - as above

    with _ALEMBIC:
        command.upgrade(configuration(connection), "head")
