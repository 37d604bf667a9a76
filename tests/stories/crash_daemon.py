"""One life of the daemon in a forked process: as it is, or as a mutant that breaks a rule of recording or sending."""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from types import FrameType
from typing import Any, Self

from stopwatch.app.running import run, running
from stopwatch.app.signals import signals
from stopwatch.config.settings import GivenSettings, Settings
from stopwatch.core.outbox import Message, OutboxRow, OutboxState
from stopwatch.store.connect import open_store
from stopwatch.store.lease import Fence
from stopwatch.store.records import SqlWriter
from stopwatch.store.sql import SqlStore

_OURS = re.compile(r"/stopwatch/|/crash_daemon\.py$")


@dataclass(slots=True)
class Tripwire:
    """Death at the *count*-th time that a function called *name* is entered (``call``) or left (``return``)."""

    name: str
    event: str
    count: int
    _left: int = field(init=False)

    def __post_init__(self) -> None:
        self._left = self.count

    def set(self) -> None:
        """Arm it in this process, for all threads to come."""
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def _enter(self, frame: FrameType, _event: str, _argument: object) -> Callable[..., Any] | None:
        code = frame.f_code
        if code.co_name != self.name or not _OURS.search(code.co_filename):
            return None
        if self.event == "call":
            self._trip()
            return None
        frame.f_trace_lines = False
        return self._leave

    def _leave(self, _frame: FrameType, event: str, _argument: object) -> None:
        if event == "return":
            self._trip()

    def _trip(self) -> None:
        self._left -= 1
        if self._left <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


class MarkThenSend(SqlStore):
    """A mutant: what is about to be sent counts as sent."""

    def claim(self, key: str, now: datetime) -> OutboxRow:
        row = super().claim(key, now)
        if row.state is OutboxState.UNKNOWN:
            self.mark(row, now)
        return row

    def mark(self, row: OutboxRow, now: datetime) -> None:
        """Call it sent."""
        sent = ("0.000000", row.message.channel, now)
        self.settle(row.message.key, OutboxState.SENT, due_at=now, sent=sent, delivered=row.desired, swept=2)


class _Postponing(SqlWriter):
    """Keeps back what belongs into the outbox."""

    postponed: list[Callable[[SqlWriter], None]]

    def enqueue(self, message: Message, *, now: datetime) -> None:
        self.postponed.append(lambda tx: tx.enqueue(message, now=now))

    def touch_card(self, key: str) -> None:
        self.postponed.append(lambda tx: tx.touch_card(key))


class SeparateCommits(SqlStore):
    """A mutant: the outbox is written in a transaction of its own, after the state."""

    @contextmanager
    def writing(self) -> Iterator[SqlWriter]:
        with super().writing() as writer:
            first = _Postponing(writer.connection)
            first.postponed = []
            yield first
        if first.postponed:
            self.go_on(first.postponed)

    def go_on(self, postponed: list[Callable[[SqlWriter], None]]) -> None:
        """Write what was kept back."""
        with super().writing() as writer:
            for write in postponed:
                write(writer)


class Freezing(SqlStore):
    """Sound, but frozen once between what a leader has read and what it writes next."""

    left = 0

    def under(self, fence: Fence | None) -> Self:
        led = super().under(fence)
        led.left = FROZEN_AT
        return led

    @contextmanager
    def writing(self) -> Iterator[SqlWriter]:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
        with super().writing() as writer:
            yield writer


class FreezingUnfenced(Freezing):
    """A mutant: what a leader has begun it writes, whoever leads by then."""

    def under(self, fence: Fence | None) -> Self:
        del fence
        return super().under(None)


MUTANTS: Mapping[str, type[SqlStore]] = {
    "mark-then-send": MarkThenSend,
    "separate-commits": SeparateCommits,
    "freezing": Freezing,
    "freezing-unfenced": FreezingUnfenced,
}
FROZEN_AT = 7
"""The write of a leader before which it freezes."""


def live(given: Mapping[str, Any], mutant: str | None, tripwire: Tripwire | None, log: str) -> None:
    """Be the daemon until something ends it."""
    say_into(log)
    if tripwire is not None:
        tripwire.set()
    settings = GivenSettings(**given)
    if mutant is None:
        run(settings)
    else:
        run_mutant(settings, MUTANTS[mutant])


def say_into(log: str) -> None:
    """Let everything that is said go into a file."""
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)


def run_mutant(settings: Settings, mutant: type[SqlStore]) -> None:
    """Run the daemon on a store that is not to be trusted."""

    def opening(url: str) -> SqlStore:
        sound = open_store(url)
        return mutant(sound._reading, sound._writing, shown=sound._shown)  # noqa: SLF001 – a mutant is made of its host

    with signals(lambda: None) as wait, running(settings, opening=opening):
        wait()
