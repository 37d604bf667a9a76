"""One life of the daemon as a process of its own, which lasts until it has had its time, also of a busy processor."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

from tests.stories.crash_daemon import Tripwire, live

KILLED = {-signal.SIGKILL, 255}
"""How the fork server tells that a life was ended: by the signal, or not at all if it learnt of it too late."""
SHARE, SLOWEST = 0.3, 15
"""Of its seconds a life has at least this share of the processor, unless that takes so many times as long."""


def begin(given: Mapping[str, object], mutant: str | None, tripwire: Tripwire | None, log: Path) -> BaseProcess:
    """Start the daemon, or a *mutant* of it, which says what it says into *log*."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.stories.crash_daemon"])
    process = context.Process(target=live, args=(given, mutant, tripwire, str(log)))
    process.start()
    return process


def let_live(process: BaseProcess, seconds: float) -> None:
    """
    Wait so many seconds, or until a process has ended, and make an end of it.

    On a busy machine it has hardly begun by then, and would be killed where nothing is to be lost: it gets its share.
    """
    limit = time.monotonic() + SLOWEST * seconds
    process.join(seconds)
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended; the second if between opening and reading
        while process.is_alive() and _used(process) < SHARE * seconds and time.monotonic() < limit:
            process.join(0.05)
    process.kill()
    process.join()


def _used(process: BaseProcess) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
