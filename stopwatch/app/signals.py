"""Signals of the operating system: one of them ends the daemon, another one reloads; none is ever missed."""

from __future__ import annotations

import select
import signal
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_ROOM = 4096


@contextmanager
def signals(reload: Callable[[], None]) -> Iterator[Callable[[], None]]:
    """
    Give a call that waits for SIGTERM or SIGINT; SIGHUP calls *reload* in a thread of its own.

    Python acts on signals in the main thread alone, but the kernel may hand one to any thread: then it interrupts no
    lock that the main thread waits for. So the main thread waits for a byte, which the interpreter sends itself whoever
    got the signal. What it calls then takes no lock, because it may come between any two steps of the main thread.
    Outside the main thread signals stay as they are, and the call waits until the process ends.
    """
    if threading.current_thread() is not threading.main_thread():
        yield _for_ever
        return
    came: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    def renew(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=reload, name="reload", daemon=True).start()

    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0)
        theirs.settimeout(0)
        awake = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        acts = {signal.SIGTERM: end, signal.SIGINT: end, signal.SIGHUP: renew}
        before = {number: signal.signal(number, act) for number, act in acts.items()}

        def wait() -> None:
            while not came:
                select.select([ours], [], [])
                with suppress(BlockingIOError):
                    ours.recv(_ROOM)

        try:
            yield wait
        finally:
            for number, previous in before.items():
                signal.signal(number, previous)
            signal.set_wakeup_fd(awake)


def _for_ever() -> None:
    threading.Event().wait()
