"""What a database says when it refuses, turned into one error with words about what to do; secrets stay out."""

from __future__ import annotations

from contextlib import contextmanager
from sqlite3 import Error as SqliteError
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from stopwatch.core.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

_WORDS = {
    # SQLite's error names
    "SQLITE_BUSY": "is locked by another process; look for a long-running command or backup, the write may be repeated",
    "SQLITE_LOCKED": "is locked within this process; the write may be repeated",
    "SQLITE_FULL": "has no room left; free disk space, work resumes by itself",
    "SQLITE_READONLY": "is read-only; check owner and mode of the file and its folder",
    "SQLITE_IOERR": "cannot be read or written; check the disk and the kernel's log",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder exists and may be written",
    "SQLITE_CORRUPT": "is damaged; restore the newest backup",
    "SQLITE_NOTADB": "is no SQLite database; check STOPWATCH_DATABASE_URL",
    "SQLITE_PERM": "may not be opened; check owner and mode of the file",
    "SQLITE_CONSTRAINT": "refused a row that breaks one of its promises",
    # PostgreSQL's SQLSTATE classes and codes
    "55P03": "is locked by another process; the write may be repeated",
    "53100": "has no room left; free disk space, work resumes by itself",
    "53": "has not enough resources; look at the server's log",
    "25006": "is read-only; check that the address names the primary server",
    "25P03": "ended a transaction that stood still for too long; the write may be repeated",
    "57": "is shutting down or restarting; work resumes by itself",
    "58": "cannot be read or written; check the disk and the server's log",
    "08": "cannot be reached; check the server and the network, work resumes by itself",
    "28": "refused the login; check user and password of STOPWATCH_DATABASE_URL",
    "3D": "does not exist; create it first",
    "42501": "refused the access; grant this user rights on its own schema",
    "40": "gave way to another transaction; the write may be repeated",
    "23": "refused a row that breaks one of its promises",
    "P0001": "refused to change what is append-only",
}
_AT_THE_DOOR = {
    "password authentication failed": "28",
    "no pg_hba.conf entry": "28",
    'FATAL: role "': "28",
    'FATAL: database "': "3D",
    "FATAL: the database system is": "57",
    "too many clients": "53",
}
"""What libpq knows of a server that lets nobody in: its words, in English at least, and no code."""


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """
    Turn every failure of the database within the block into a StoreError that speaks of *name*.

    Raises:
        StoreError: The database refused; the block's transaction changed nothing.

    """
    try:
        yield
    except DBAPIError as error:
        raise StoreError(f"the database {name} {_said(error.orig)}") from error
    except SqliteError as error:  # of the driver itself, where it is asked without SQLAlchemy
        raise StoreError(f"the database {name} {_said(error)}") from error
    except (SQLAlchemyError, UnicodeEncodeError) as error:
        raise StoreError(f"the database {name} could not take a statement: {type(error).__name__}: {error}") from error


def _said(original: BaseException | None) -> str:
    plain = " ".join(str(original).split())
    code = _code(original, plain)
    words = next((words for start, words in _WORDS.items() if code.startswith(start)), "")
    return f"{words} ({plain})" if words else f"failed: {type(original).__name__}: {plain}"


def _code(original: BaseException | None, plain: str) -> str:
    code = getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None) or ""
    if code or isinstance(original, SqliteError) or type(original).__name__ != "OperationalError":
        return str(code)
    # libpq's own: a connection that never stood, or is lost.
    return next((known for words, known in _AT_THE_DOOR.items() if words in plain), "08")
