"""Opens a database: connections and transactions in either dialect, then migrations."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from sqlite3 import Connection as SqliteConnection
from sqlite3 import OperationalError
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Connection, Engine, create_engine, event

from stopwatch.core.errors import ConfigurationError, StoreError
from stopwatch.store.address import Address, address
from stopwatch.store.failures import refusing
from stopwatch.store.lease import STILL
from stopwatch.store.lock import daemon_lock
from stopwatch.store.migrate import bring_up_to_date
from stopwatch.store.sql import BEGIN, SqlStore

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.engine.interfaces import DBAPIConnection, Dialect
    from sqlalchemy.pool import ConnectionPoolEntry

__all__ = ["daemon_lock", "open_store"]

BUSY = timedelta(seconds=5)
"""How long a writer waits for another one before it gives up."""

_FILES = threading.Lock()
_WRITERS = 0x57A7
_SWITCHES = 20
_STATEMENT = timedelta(seconds=60)
_PAGES_KIB = 256
"""What each connection to SQLite keeps of the file: the system keeps all of it anyway, once for all of them."""
PATIENCE = _STATEMENT + timedelta(seconds=5)
"""How long a server may say nothing to a statement: it ends one that lasts too long by itself, unless it hangs."""
_REACH = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""libpq's patience with a server that does not answer: seconds, and milliseconds at the end."""


def open_store(
    url: str, *, busy: timedelta = BUSY, create: bool = True, upgrade: bool = True, patience: timedelta = PATIENCE
) -> SqlStore:
    """
    Open the database at *url*, create it if it is a file that does not exist, and bring its tables up to date.

    Safe when several processes open the same database at once. A writer waits for *busy* at most for another one,
    and everybody *patience* for a PostgreSQL that says nothing.
    Without *create* a database that is not there is refused, without *upgrade* one that an older version wrote.

    Raises:
        ConfigurationError: The address cannot be used, the database was written by a newer version, or by an older
            one, or is not there.
        StoreError: The database refused.

    """
    place = address(url)
    if place.file is not None and not create and not place.file.exists():
        raise ConfigurationError(
            f"there is no database at {place.shown}; set STOPWATCH_DATABASE_URL as it is for the daemon, which makes it"
        )
    opened = _sqlite(place, busy) if place.file else _postgresql(place, busy, patience)
    if place.file:
        reading = opened.execution_options(**{BEGIN: "BEGIN"})
        writing = opened.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
    else:
        reading = opened.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        writing = opened.execution_options(**{BEGIN: _begin_writing()})
    event.listen(opened, "begin", _begin)
    try:
        with refusing(place.shown):
            bring_up_to_date(reading, writing, shown=place.shown, create=create, upgrade=upgrade)
    except BaseException:
        opened.dispose()
        raise
    return SqlStore(reading, writing, shown=place.shown)


def _begin(connection: Connection) -> None:
    """Begin as the options say; drivers by themselves would begin late, and never IMMEDIATE."""
    statement = connection.get_execution_options().get(BEGIN)
    if statement:
        connection.exec_driver_sql(statement)


# ----------------------------------------------------------------------------------------------------------- SQLite


def _sqlite(place: Address, busy: timedelta) -> Engine:
    if place.file is not None:
        _create(place.file)
    opened = create_engine(place.url, hide_parameters=True, pool_size=5, max_overflow=20, pool_timeout=10)

    @event.listens_for(opened, "connect")
    def prepare(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        del record
        if isinstance(connection, SqliteConnection):
            _prepare(connection, busy)

    return opened


def _create(file: Path) -> None:
    """
    Create *file* for its owner only, if it does not exist.

    An existing file is never opened here: closing it would drop the locks that SQLite holds on it in this process.
    """
    with _FILES:
        try:
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            return
        except OSError as error:
            raise StoreError(f"the database {file} cannot be created: {error.strerror}") from error


def _prepare(connection: SqliteConnection, busy: timedelta) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_begin` does
    connection.execute(f"PRAGMA busy_timeout = {int(busy.total_seconds() * 1000)}")
    _switch_to_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute(f"PRAGMA cache_size = -{_PAGES_KIB}")


def _switch_to_wal(connection: SqliteConnection) -> None:
    """Switch a fresh database to WAL; SQLite does not wait for a rival switch by itself, but BEGIN IMMEDIATE does."""
    for attempt in range(_SWITCHES):
        try:
            if connection.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",):
                return
        except OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or attempt == _SWITCHES - 1:
                raise
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
    raise OperationalError("this file system does not allow SQLite's write-ahead log")


# ------------------------------------------------------------------------------------------------------- PostgreSQL


def _begin_writing() -> str:
    """One writer at a time; one that was frozen or cut off lets go of the others once the server ends its session."""
    still = f"set_config('idle_in_transaction_session_timeout', '{_milliseconds(STILL)}', true)"
    return f"SELECT pg_advisory_xact_lock({_WRITERS}), {still}"


def _milliseconds(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)


def _postgresql(place: Address, busy: timedelta, patience: timedelta) -> Engine:
    try:
        opened = create_engine(
            place.url,
            hide_parameters=True,
            pool_size=5,
            max_overflow=20,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args=_REACH | {"application_name": "stopwatch"},
        )
        from stopwatch.store.patience import patient  # noqa: PLC0415 – who keeps a file needs no psycopg
    except ModuleNotFoundError:
        raise ConfigurationError("PostgreSQL needs psycopg: pip install 'stopwatch[postgres]'") from None
    connecting = patient(patience)

    @event.listens_for(opened, "do_connect")
    def connect(_dialect: Dialect, _record: object, given: list[Any], named: dict[str, Any]) -> DBAPIConnection:
        return cast("DBAPIConnection", connecting(*given, **named))

    @event.listens_for(opened, "connect")
    def prepare(connection: DBAPIConnection, record: ConnectionPoolEntry) -> None:
        del record
        cursor = connection.cursor()
        cursor.execute(f"SET lock_timeout = {_milliseconds(busy)}")
        cursor.execute(f"SET statement_timeout = {_milliseconds(_STATEMENT)}")
        cursor.execute("SET idle_in_transaction_session_timeout = 30000")
        cursor.execute("SET synchronous_commit = on")
        cursor.close()
        connection.commit()

    return opened
