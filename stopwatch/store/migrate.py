"""Brings the tables of a database up to what this program expects, once, however many processes start at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, String, Table, insert, inspect, select, text

from stopwatch.core.errors import ConfigurationError
from stopwatch.store.schema import APPEND_ONLY, metadata
from stopwatch.store.triggers import append_only, prunable

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

REVISION = "0009"
"""The newest revision in ``migrations/versions``."""

FOLDER = Path(__file__).parent / "migrations"

# Alembic keeps the migration under way in its own module, so one process migrates one database at a time.
_ALEMBIC = threading.Lock()
_VERSION = Table(
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
"""Alembic's own table, as it makes it."""


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
    Make the tables of an empty database *shown*, or run the revisions that it lacks, in one transaction.

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
        if stored is None:
            make_tables(connection)
        elif stored != REVISION:  # another process may have been quicker
            _upgrade(connection, stored, shown)


def make_tables(connection: Connection) -> None:
    """
    Make what all revisions together make of an empty database.

    Without Alembic, which would stay in memory as long as the daemon runs: 10 MiB.
    """
    metadata.create_all(connection, checkfirst=False)
    dialect = connection.dialect.name
    for statement in (*append_only(dialect, APPEND_ONLY), *prunable(dialect)):
        connection.execute(text(statement))
    _VERSION.create(connection)
    connection.execute(insert(_VERSION).values(version_num=REVISION))


def known_revisions() -> set[str]:
    """Return the names of all revisions that this program can bring up to date."""
    from alembic.config import Config  # noqa: PLC0415 - as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


def _upgrade(connection: Connection, stored: str, shown: str) -> None:
    if connection.dialect.name == "postgresql":  # before anything else: the import of Alembic alone may take long
        connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # an upgrade may rewrite whole tables
    if stored not in known_revisions():
        words = "start that version or restore a backup from before the upgrade"
        raise ConfigurationError(f"the database {shown} was written by a newer version (revision {stored}); {words}")
    from alembic import command  # noqa: PLC0415 - as above

    with _ALEMBIC:
        command.upgrade(configuration(connection), "head")
