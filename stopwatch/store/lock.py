"""The lock file that makes sure that one daemon at most works on a SQLite file."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stopwatch.core.errors import StoreError, StoreLockedError
from stopwatch.store.address import address

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def daemon_lock(url: str) -> Iterator[None]:
    """
    Be the one daemon on the database at *url* as long as the block lasts; death of the process ends it too.

    The lock lies beside the file, as ``<file>.lock``, and holds the daemon's pid. PostgreSQL needs no such lock.

    Raises:
        StoreLockedError: Another daemon holds it; the message names its pid.
        StoreError: The lock file cannot be written.

    """
    file = address(url).file
    if file is None:
        yield
        return
    descriptor = _take(file.with_name(f"{file.name}.lock"), file)
    try:
        yield
    finally:
        os.close(descriptor)


def _take(path: Path, database: Path) -> int:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        hint = "the folder of STOPWATCH_DATABASE_URL must be there, and the daemon must be allowed to write in it"
        raise StoreError(f"the lock file {path} cannot be opened: {error.strerror}; {hint}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
        os.close(descriptor)
        hint = "end it first, or give this one a database of its own by STOPWATCH_DATABASE_URL"
        raise StoreLockedError(f"another daemon works on {database}: process {holder}; {hint}") from None
    except OSError as error:
        os.close(descriptor)
        raise StoreError(f"the lock file {path} cannot be written: {error.strerror}") from error
    return descriptor
