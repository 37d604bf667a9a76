"""Whether this replica leads: the lease is renewed, or asked for, at the pulse; work under it carries its epoch."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from stopwatch.core.errors import StoreError
from stopwatch.store.lease import Fence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from stopwatch.store.lease import Held, Lease
    from stopwatch.store.sql import SqlStore

log = structlog.get_logger()

ALONE = 0
"""The epoch of a daemon on a SQLite file: it leads as long as it lives."""
SILENT_SECONDS = 5.0
"""How long the database may leave the question for the lease unanswered until it is said."""


@dataclass(frozen=True, slots=True)
class _Term:
    """An epoch of ours, and until when (monotonic seconds) it surely lasts."""

    epoch: int
    until: float


class Leading:
    """
    Knows whether this process leads; safe to be used from any thread.

    What it says is a hint that spares work: it may be some time late after the process was frozen. What decides is the
    `Fence` that every write of the evaluator and of the senders passes within its transaction.
    """

    def __init__(self, lease: Lease | None, *, term: timedelta, monotonic: Callable[[], float]) -> None:
        """Begin as a follower; without a *lease* nobody else can lead."""
        self._lease = lease
        self._seconds = term.total_seconds()
        self._monotonic = monotonic
        self._term: _Term | None = None
        self._held: Held | None = None
        self._trouble: str | None = None
        self._asked_at: float | None = None
        self.fence = Fence() if lease is not None else None

    @property
    def alone(self) -> bool:
        """Whether nobody else can lead."""
        return self._lease is None

    @property
    def epoch(self) -> int | None:
        """The epoch under which this process leads, None while it follows."""
        if self._lease is None:
            return ALONE
        term = self._term
        return term.epoch if term is not None and self._monotonic() < term.until else None

    @property
    def leader(self) -> str | None:
        """Who leads, as far as is known; None for this process."""
        if self.epoch is not None:
            return None
        held = self._held
        return "unknown" if held is None or self.trouble is not None else held.holder

    @property
    def trouble(self) -> str | None:
        """What the database said when the lease was asked for last, or that it says nothing; None if it answered."""
        asked_at = self._asked_at
        silent = 0.0 if asked_at is None else self._monotonic() - asked_at
        return f"the database has not answered for {silent:.0f} s" if silent > SILENT_SECONDS else self._trouble

    @contextmanager
    def working(self) -> Iterator[int | None]:
        """Let this thread write under the present epoch, if there is one, until the block ends."""
        epoch = self.epoch
        if self.fence is None:
            yield epoch
            return
        before, self.fence.epoch = self.fence.epoch, epoch
        try:
            yield epoch
        finally:
            self.fence.epoch = before

    def pass_time(self) -> None:
        """Renew the lease, or take it if nobody holds it; a database that does not answer is said once."""
        if self._lease is None:
            return
        self._asked_at = self._monotonic()
        try:
            self._renew_or_take(self._lease)
        except StoreError as error:
            if self._trouble is None:
                log.warning("database.lost", detail=str(error))
            self._trouble = str(error)
        else:
            if self._trouble is not None:
                log.info("database.restored")
            self._trouble = None
        finally:
            self._asked_at = None

    def _renew_or_take(self, lease: Lease) -> None:
        began = self._monotonic()
        if self._term is not None:
            if lease.renew(self._term.epoch):
                self._term = _Term(self._term.epoch, began + self._seconds)
                return
            log.warning("lease.lost", epoch=self._term.epoch)
            self._term = None
        epoch = lease.take()
        if epoch is not None:
            self._term = _Term(epoch, began + self._seconds)
            log.info("lease.taken", epoch=epoch)
        self._held = lease.look()

    def release(self) -> None:
        """Let another replica take over at once; if the database cannot be told, it does when the term is over."""
        term, self._term = self._term, None
        if self._lease is None or term is None:
            return
        try:
            self._lease.release(term.epoch)
        except StoreError as error:
            log.warning("lease.unreleased", epoch=term.epoch, detail=str(error))


def open_leading(store: SqlStore, term: timedelta, monotonic: Callable[[], float]) -> Leading:
    """
    Return what knows whether this process leads; it begins as a follower and asks at the first pulse.

    The lease is not taken before the pulse renews it, or a start that takes long would lose it and end the process.
    """
    lease = store.lease(holder=f"{socket.gethostname()}/{os.getpid()}", term=term)
    return Leading(lease, term=term, monotonic=monotonic)
