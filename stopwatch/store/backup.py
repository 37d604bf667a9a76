"""Copies of a SQLite database: taken while others write, proven before they count, and put back only where none is."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, event, func, select
from sqlalchemy.exc import SQLAlchemyError

from stopwatch.core.audit import unaudited
from stopwatch.core.errors import BackupUnusableError, ConfigurationError, StoreError
from stopwatch.store import chain
from stopwatch.store.address import address
from stopwatch.store.decisions import every_act
from stopwatch.store.lock import daemon_lock
from stopwatch.store.migrate import known_revisions, revision
from stopwatch.store.schema import decisions, outbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stopwatch.core.records import AuditEntry

_BUSY_SECONDS = 30.0
_UNSENT = ("pending", "unknown")


@dataclass(frozen=True, slots=True)
class Copied:
    """What a proven copy holds; *audit_head* is the hash of its newest audit row."""

    revision: str
    size_bytes: int
    live_decisions: int
    unsent: int
    audit_rows: int
    audit_head: str


def back_up(url: str, target: Path) -> Copied:
    """
    Write a proven copy of the database at *url* to *target*, while a daemon and others go on writing.

    Raises:
        ConfigurationError: It is no SQLite file, there is none, or *target* exists.
        BackupUnusableError: The database is damaged, or its audit chain does not fit.
        StoreError: It could not be read, or *target* not be written.

    """
    source = _file_of(url, "pg_dump --format=custom --file FILE DATABASE")
    if not source.exists():
        raise ConfigurationError(f"there is no database at {source}")
    with _appearing(target) as partial:
        try:
            with closing(
                sqlite3.connect(f"{source.resolve().as_uri()}?mode=rw", uri=True, timeout=_BUSY_SECONDS)
            ) as db:
                db.isolation_level = None
                db.execute("VACUUM INTO ?", (str(partial),))
        except sqlite3.Error as error:
            raise StoreError(f"the database {source} could not be copied: {error}") from error
        return _proven(partial, source)


def put_back(url: str, copy: Path, entry: AuditEntry | None = None) -> Copied:
    """
    Make *copy* the database at *url*, with *entry* in its audit chain; what it holds is told as it was before.

    Raises:
        ConfigurationError: It is no SQLite address, there is a database already, or *copy* is not of this version.
        BackupUnusableError: *copy* is damaged, or its audit chain does not fit.
        StoreError: A daemon works there (StoreLockedError), or it could not be written.

    """
    target = _file_of(url, "pg_restore --clean --if-exists --dbname DATABASE FILE")
    if not copy.is_file():
        raise ConfigurationError(f"there is no backup at {copy}")
    for path in (copy, target):
        for side in ("-wal", "-journal"):
            if path.with_name(path.name + side).exists():
                raise ConfigurationError(f"{path}{side} lies beside {path}: move it away, or it would change the copy")
    with daemon_lock(url), _appearing(target) as partial:
        try:
            shutil.copyfile(copy, partial)
        except OSError as error:
            raise StoreError(f"{copy} could not be copied to {partial}: {error.strerror}") from error
        held = _proven(partial, copy)
        if held.revision not in known_revisions():
            raise ConfigurationError(f"{copy} was written by a newer version (revision {held.revision}); install that")
        if entry is not None:
            _note(partial, entry)
        return held


def _file_of(url: str, other: str) -> Path:
    place = address(url)
    if place.file is None:
        raise ConfigurationError(f"{place.shown} is PostgreSQL's, which has its own tools: {other}")
    return place.file


@contextmanager
def _appearing(target: Path) -> Iterator[Path]:
    """Give a path beside *target* to write to; it becomes *target* on disk if the block ends well, else it is gone."""
    partial = target.with_name(f"{target.name}.partial")
    if target.exists():
        raise ConfigurationError(f"{target} exists already; it is not overwritten, move it away or name another file")
    try:
        os.close(os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreError(f"{partial} cannot be written: {error.strerror}") from error
    try:
        yield partial
        _to_disk(partial)
        try:
            partial.rename(target)
        except OSError as error:
            raise StoreError(f"{target} cannot be written: {error.strerror}") from error
        _to_disk(target.parent)
    finally:
        for side in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                partial.with_name(partial.name + side).unlink()


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise StoreError(f"{path} cannot be written: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _proven(partial: Path, named: Path) -> Copied:
    """Return what the copy holds once its pages, references and audit chain are proven; people know it as *named*."""
    opened = create_engine(f"sqlite:///{partial}")
    try:
        with opened.connect() as db:
            damage = [row[0] for row in db.exec_driver_sql("PRAGMA integrity_check(3)") if row[0] != "ok"]
            damage += [f"a row of {row[0]} refers to nothing" for row in db.exec_driver_sql("PRAGMA foreign_key_check")]
            stored = revision(db)
            if damage or stored is None:
                raise BackupUnusableError(f"{named} is damaged: {'; '.join(damage[:3]) or 'it has no tables of ours'}")
            broken = chain.verify(db)
            if broken is not None:
                raise BackupUnusableError(f"audit row {broken} of {named} does not fit the chain: it was changed")
            if lost := unaudited(every_act(db), (row.body for row in chain.rows(db))):
                raise BackupUnusableError(f"audit rows are gone from {named}: {lost[0]}")
            live = select(func.count()).select_from(decisions).where(decisions.c.live_scope.is_not(None))
            unsent = select(func.count()).select_from(outbox).where(outbox.c.state.in_(_UNSENT))
            rows, head = chain.head(db)
            counts = [int(db.execute(query).scalar_one()) for query in (live, unsent)]
            return Copied(stored, partial.stat().st_size, counts[0], counts[1], rows, head)
    except SQLAlchemyError as error:
        raise BackupUnusableError(f"{named} is damaged or no database of ours: {error.__cause__ or error}") from error
    finally:
        opened.dispose()


def _note(partial: Path, entry: AuditEntry) -> None:
    opened = create_engine(f"sqlite:///{partial}")
    event.listen(opened, "connect", lambda db, _record: db.execute("PRAGMA synchronous = FULL"))
    with opened.begin() as db:
        chain.append(db, entry)
    opened.dispose()
