"""Who leads, as this replica knows it: from the lease, its own clock, and how long the database says nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from stopwatch.app.daemon import Daemon
from stopwatch.app.leading import SILENT_SECONDS, Leading
from stopwatch.core.errors import StoreError
from stopwatch.store.lease import Held
from tests.app.test_appendices import database as database  # noqa: PLC0414 – a fixture of another file
from tests.app.test_appendices import made
from tests.store.values import entry

TERM = timedelta(seconds=30)


class Watched:
    """A lease in memory that notes what is said of it while it is asked; *lasts* seconds pass meanwhile."""

    def __init__(self) -> None:
        self.now = 100.0
        self.lasts = 0.0
        self.epoch: int | None = None
        self.rival: str | None = None
        self.broken: str | None = None
        self.leading = Leading(self, term=TERM, monotonic=lambda: self.now)  # type: ignore[arg-type] # asked alike
        self.said: list[tuple[str | None, str | None]] = []

    def _asked(self) -> None:
        self.now += self.lasts
        self.said.append((self.leading.trouble, self.leading.leader))
        if self.broken is not None:
            raise StoreError(self.broken)

    def take(self) -> int | None:
        self._asked()
        if self.rival is None:
            self.epoch = (self.epoch or 0) + 1
        return None if self.rival else self.epoch

    def renew(self, epoch: int) -> bool:
        self._asked()
        return self.rival is None and epoch == self.epoch

    def look(self) -> Held | None:
        return Held(1, self.rival or "us", TERM)

    def pulse(self) -> tuple[int | None, str | None, str | None]:
        """Let it be asked once; return the epoch, who leads and what is wrong."""
        self.leading.pass_time()
        return self.standing()

    def standing(self) -> tuple[int | None, str | None, str | None]:
        """Say the same without asking."""
        return self.leading.epoch, self.leading.leader, self.leading.trouble


@pytest.fixture
def lease() -> Watched:
    return Watched()


def test_a_leader_leads_until_its_own_clock_says_that_the_term_is_over(lease: Watched) -> None:
    assert lease.standing() == (None, "unknown", None)
    assert lease.pulse() == (1, None, None)
    lease.now += TERM.total_seconds() - 0.1
    assert lease.standing() == (1, None, None)
    lease.now += 0.1
    assert lease.standing() == (None, "us", None)


def test_a_term_counts_from_before_the_question(lease: Watched) -> None:
    lease.lasts = TERM.total_seconds() - 1
    assert lease.pulse()[0] == 1
    lease.now += 1
    assert lease.leading.epoch is None


def test_who_leads_is_unknown_while_the_database_refuses_to_tell(lease: Watched) -> None:
    lease.rival = "b/1"
    assert lease.pulse() == (None, "b/1", None)
    lease.broken = "the database is down"
    assert lease.pulse() == (None, "unknown", "the database is down")
    lease.broken = None
    assert lease.pulse() == (None, "b/1", None)


def test_a_database_that_says_nothing_for_long_is_told_while_it_is_waited_for(lease: Watched) -> None:
    lease.rival = "b/1"
    lease.pulse()
    lease.lasts = SILENT_SECONDS
    assert lease.pulse() == (None, "b/1", None)
    lease.lasts = SILENT_SECONDS + 7
    assert lease.pulse() == (None, "b/1", None), "it answered in the end"
    assert lease.said == [(None, "unknown"), (None, "b/1"), ("the database has not answered for 12 s", "unknown")]


@pytest.fixture
def replica(tmp_path: Path, database: str, lease: Watched) -> Iterator[Daemon]:
    made_one = made(tmp_path, database, "http://127.0.0.1:9", lease.leading)
    yield made_one
    made_one.close()
    made_one.store.close()


def test_a_follower_that_was_once_refused_has_nothing_to_record(replica: Daemon, lease: Watched) -> None:
    lease.pulse()
    with replica.store.writing() as tx:
        tx.connection.execute(text("PRAGMA query_only = ON"))
    with pytest.raises(StoreError, match="is read-only"), replica.store.writing() as tx:
        tx.audit(entry())
    assert "is read-only" in (replica.troubles.refusal or "")
    lease.rival, lease.broken = "b/1", "the database is down"
    lease.now += TERM.total_seconds()
    lease.pulse()
    assert replica.troubles.refusal == "the database is down"
    lease.broken = None
    lease.pulse()
    assert replica.troubles.refusal is None
