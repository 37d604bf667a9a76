"""One daemon at most works on a SQLite file; its death frees the lock."""

import multiprocessing
import os
import signal
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from stopwatch.core.errors import StoreError, StoreLockedError
from stopwatch.store.lock import daemon_lock

forked = multiprocessing.get_context("fork")


def _hold(url: str, held: Event) -> None:
    with daemon_lock(url):
        held.set()
        signal.pause()


def test_a_second_daemon_is_refused_and_told_the_first_ones_pid(file: Path) -> None:
    url, held = f"sqlite:///{file}", forked.Event()
    child = forked.Process(target=_hold, args=(url, held))
    child.start()
    assert child.pid is not None
    try:
        assert held.wait(30)
        with pytest.raises(StoreLockedError, match=rf"process {child.pid}; end it first, or give"), daemon_lock(url):
            pass
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.join()
    with daemon_lock(url):
        assert Path(f"{file}.lock").read_text() == f"{os.getpid()}\n"


def test_the_lock_ends_with_its_block_and_is_for_its_owner_only(file: Path) -> None:
    url = f"sqlite:///{file}"
    with daemon_lock(url), pytest.raises(StoreLockedError, match=str(os.getpid())), daemon_lock(url):
        pass
    with daemon_lock(url):
        assert Path(f"{file}.lock").stat().st_mode & 0o777 == 0o600


def test_a_lock_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"nowhere/x\.db\.lock cannot be opened"),
        daemon_lock(f"sqlite:///{tmp_path}/nowhere/x.db"),
    ):
        pass


def test_postgresql_needs_no_lock_file() -> None:
    with daemon_lock("postgresql://h/db"), daemon_lock("postgresql://h/db"):
        pass
