"""One leader at most: the lease is held in the database's time, and what a stale leader writes is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from stopwatch.core.errors import LeaseLostError, StoreError
from stopwatch.store.connect import open_store
from stopwatch.store.lease import Fence, Lease
from stopwatch.store.sql import SqlStore
from tests.store.postgres import Cluster
from tests.store.test_transactions import rows, said, write_all
from tests.store.values import entry

pytestmark = pytest.mark.slow

LONG, OVER = timedelta(minutes=5), "UPDATE lease SET until = clock_timestamp() - interval '1 microsecond'"


@pytest.fixture
def url(postgresql: Cluster, migrated_database: str) -> Iterator[str]:
    with postgresql.database(migrated_database) as name:
        yield postgresql.address(name)


@pytest.fixture
def rival(url: str) -> Iterator[SqlStore]:
    opened = open_store(url, busy=timedelta(seconds=1))
    yield opened
    opened.close()


def lease_of(store: SqlStore, holder: str = "a", term: timedelta = LONG) -> Lease:
    made = store.lease(holder=holder, term=term)
    assert made is not None
    return made


def expire(store: SqlStore) -> None:
    """Let the lease be over, as if its term had passed."""
    with store.writing() as writer:
        writer.connection.execute(text(OVER))


def end(store: SqlStore, ended: list[int]) -> None:
    """Let epoch 1 be over while a transaction under it is under way, and note that it came so far."""
    lease_of(store).release(1)
    ended.append(1)


def under(store: SqlStore, epoch: int | None) -> SqlStore:
    fence = Fence()
    fence.epoch = epoch
    return store.under(fence)


def test_a_lease_is_held_by_one_until_it_is_over_and_each_take_over_is_a_new_epoch(store: SqlStore) -> None:
    a, b = lease_of(store, "a"), lease_of(store, "b")
    assert a.look() is None
    assert (a.take(), b.take(), a.take()) == (1, None, None)
    held = b.look()
    assert held is not None
    assert (held.epoch, held.holder, timedelta(0) < held.left <= LONG) == (1, "a", True)
    assert a.renew(1)
    expire(store)
    assert not a.renew(1)
    assert (b.take(), a.take()) == (2, None)
    assert not a.renew(1)
    b.release(1)
    assert a.take() is None
    b.release(2)
    assert a.take() == 3


def test_of_many_that_start_at_once_one_leads(store: SqlStore) -> None:
    barrier = threading.Barrier(8)

    def start(name: int) -> int | None:
        barrier.wait()
        return lease_of(store, str(name)).take()

    for turn in range(10):
        with ThreadPoolExecutor(8) as pool:
            taken = [epoch for epoch in pool.map(start, range(8)) if epoch is not None]
        assert taken == [turn + 1]
        expire(store)


def test_what_is_written_under_another_epoch_or_none_is_refused(store: SqlStore) -> None:
    epoch = lease_of(store).take()

    def write(name: str, mine: int | None) -> None:
        with under(store, mine).writing() as writer:
            write_all(writer, name)

    write("1", epoch)
    for wrong in (None, 0, 2):
        with pytest.raises(LeaseLostError, match="another replica"):
            write("2", wrong)
    with store.writing() as writer:  # what people do needs no lease
        write_all(writer, "3")
    assert rows(store)["decisions"] == 2


def test_a_refusal_stands_until_something_was_written_under_the_lease(store: SqlStore, rival: SqlStore) -> None:
    lease_of(rival).take()
    leading = under(rival, 1)
    with store.writing(), pytest.raises(StoreError), leading.writing() as writer:
        writer.audit(entry())
    assert said(leading) is not None
    with leading.writing():
        pass
    assert said(leading) is not None, "the row of the lease is locked, and nothing is written"
    with leading.writing() as writer:
        writer.audit(entry())
    assert said(leading) is None


def test_a_transaction_that_ends_after_its_lease_is_rolled_back(store: SqlStore) -> None:
    epoch = lease_of(store).take()
    began: list[int] = []

    def write_slowly() -> None:
        with under(store, epoch).writing() as writer:
            write_all(writer, "1")
            end(store, began)

    with pytest.raises(LeaseLostError):
        write_slowly()
    assert began == [1]
    assert rows(store)["decisions"] == 0


def test_a_take_over_waits_for_the_transactions_of_the_lease_that_is_over(store: SqlStore, rival: SqlStore) -> None:
    mine = lease_of(store).take()
    began: list[int] = []

    def write_until_somebody_else_wants_it() -> None:
        with under(store, mine).writing() as writer:
            write_all(writer, "1")
            end(store, began)
            with pytest.raises(StoreError, match="locked"):
                lease_of(rival, "b").take()

    with pytest.raises(LeaseLostError):
        write_until_somebody_else_wants_it()
    assert began == [1]
    assert lease_of(rival, "b").take() == 2
    assert rows(store)["decisions"] == 0


def test_a_transaction_that_lasts_longer_than_the_lease_is_committed_while_the_lease_is_renewed(
    store: SqlStore, rival: SqlStore
) -> None:
    mine = lease_of(store, term=timedelta(seconds=3)).take()
    assert mine is not None
    with under(store, mine).writing() as writer:
        write_all(writer, "1")
        assert lease_of(store).renew(mine)
        writer.connection.execute(text("SELECT pg_sleep(3)"))
        assert lease_of(rival, "b").take() is None
    assert rows(store)["decisions"] == 1


def test_the_commit_of_a_leader_frozen_in_its_transaction_finds_nothing_to_commit(
    store: SqlStore, rival: SqlStore
) -> None:
    mine = lease_of(store).take()
    began: list[int] = []

    def freeze() -> None:
        with under(store, mine).writing() as writer:
            write_all(writer, "1")
            still = text("SELECT set_config('idle_in_transaction_session_timeout', '400', true)")
            writer.connection.execute(still)
            end(store, began)
            # Frozen: nothing is asked while somebody else takes over.
            assert next(taken for _ in range(100_000) if (taken := _taken(rival)) is not None) == 2

    with pytest.raises(StoreError):
        freeze()
    assert began == [1]
    assert rows(store)["decisions"] == 0


def test_a_leader_frozen_while_it_renews_holds_up_nobody(store: SqlStore, rival: SqlStore) -> None:
    mine = lease_of(store)
    assert mine.take() == 1
    frozen, thawed = threading.Event(), threading.Event()

    def freeze(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if "UPDATE lease" in statement:
            frozen.set()
            assert thawed.wait(30)

    event.listen(store._writing, "after_cursor_execute", freeze)  # noqa: SLF001 - where the process may be frozen
    with ThreadPoolExecutor(1) as pool:
        renewal = pool.submit(mine.renew, 1)
        assert frozen.wait(30)
        try:
            lease_of(rival).release(1)
            assert lease_of(rival, "b").take() == 2
        finally:
            thawed.set()
        assert renewal.result()
    assert not mine.renew(1)


def _taken(store: SqlStore) -> int | None:
    try:
        return lease_of(store, "b").take()
    except StoreError:
        return None


@pytest.mark.long
def test_a_session_of_an_expired_lease_that_never_ends_is_ended_by_whoever_takes_over(
    store: SqlStore, rival: SqlStore
) -> None:
    mine = lease_of(store).take()
    began, over = threading.Event(), threading.Event()

    def hang() -> None:
        with under(store, mine).writing() as writer:
            write_all(writer, "1")
            began.set()
            writer.connection.execute(text("SELECT pg_sleep(50)"))

    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(hang)
        assert began.wait(30)
        lease_of(rival).release(1)
        while not over.is_set():
            if _taken(rival) is not None:
                over.set()
        with pytest.raises(StoreError):
            hanging.result()
    assert rows(store)["decisions"] == 0


def test_a_sqlite_file_has_a_lock_file_and_no_lease(migrated_file: object) -> None:
    opened = open_store(f"sqlite:///{migrated_file}")
    assert opened.lease(holder="a", term=LONG) is None
    opened.close()
