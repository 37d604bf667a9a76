"""Ending: everything that runs is stopped at once, and what a hung request still holds is left behind."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

PATIENCE_SECONDS = 7.0
"""How long all parts together may take to end; a sender's last request may take five."""


class Part(Protocol):
    """A part of the daemon that runs by itself."""

    def stop(self) -> None:
        """Begin nothing new and return once what is under way has ended, or has had its time."""
        ...


def stop_together(parts: Sequence[Part]) -> None:
    """Stop all *parts* at the same moment, so that the slowest one alone decides how long it takes."""
    threads = [threading.Thread(target=part.stop, name=f"stop:{type(part).__name__}", daemon=True) for part in parts]
    for thread in threads:
        thread.start()
    until = time.monotonic() + PATIENCE_SECONDS
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))


def leave_behind_what_hangs() -> None:
    """
    End the process now if some thread would hold it, such as one that waits for a Prometheus that does not answer.

    Everything is closed by then; what such a thread might still learn would be recorded by nobody.
    """
    # Python waits at its end for the threads of pools, daemons or not, however long their last job takes.
    if threading.enumerate() != [threading.main_thread()]:
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)
