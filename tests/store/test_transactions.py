"""A transaction is whole or not at all, whoever dies, fails or writes at the same moment."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from stopwatch.core.decision import DecisionId, DecisionState
from stopwatch.core.errors import ActStaleError, StoreError
from stopwatch.store.connect import open_store
from stopwatch.store.records import SqlWriter
from stopwatch.store.schema import metadata
from stopwatch.store.sql import SqlStore
from tests.store.values import MINUTE, ROLLOUT, T0, acted, decision, entry, ground, item, root

forked = multiprocessing.get_context("fork")


def write_all(writer: SqlWriter, name: str) -> None:
    """Write one opening: everything that belongs to a decision."""
    number = int(name)
    writer.save_decision(decision(name, name, ground(opened_at=T0 + number * MINUTE)), rev_before=None)
    writer.save_evidence(f"{number:064}", "{}" + " " * 2_000, T0)
    writer.enqueue(root(name), now=T0)
    writer.enqueue(item("a", of=name), now=T0)
    writer.audit(entry(decision=DecisionId(name)))


def rows(store: SqlStore) -> dict[str, int]:
    with store.reading() as reader:
        return {
            table.name: reader.connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


class BadLuckError(Exception):
    """What goes wrong in the middle of a block."""


def test_an_exception_within_the_block_leaves_nothing_behind(store: SqlStore) -> None:
    def have_bad_luck() -> None:
        with store.writing() as writer:
            write_all(writer, "1")
            raise BadLuckError

    with pytest.raises(BadLuckError):
        have_bad_luck()
    assert set(rows(store).values()) == {0}


def test_a_refused_row_takes_the_whole_transaction_with_it(store: SqlStore) -> None:
    def break_a_promise() -> None:
        with store.writing() as writer:
            write_all(writer, "1")
            writer.save_decision(decision("2", "1"), rev_before=None)

    with pytest.raises(StoreError, match="promises"):
        break_a_promise()
    assert set(rows(store).values()) == {0}


def test_a_reader_sees_one_moment_while_others_write(store: SqlStore) -> None:
    with store.reading() as reader:
        assert reader.decisions(ROLLOUT) == []
        with store.writing() as writer:
            write_all(writer, "1")
        assert reader.decisions(ROLLOUT) == []
    with store.reading() as reader:
        assert len(reader.decisions(ROLLOUT)) == 1


def test_threads_that_write_at_once_lose_nothing_and_keep_the_chain(store: SqlStore) -> None:
    def work(name: int) -> None:
        with store.writing() as writer:
            write_all(writer, str(name))
        store.claim(root(str(name)).key, T0)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert store.verify_audit() is None
    assert (rows(store)["audit"], rows(store)["decisions"], rows(store)["outbox"]) == (40, 40, 80)
    assert {row.attempts for row in store.rows() if row.message.kind == "root"} == {1}


def open_unless_there(store: SqlStore, barrier: threading.Barrier | Barrier) -> None:
    """Do what the evaluator does with a new ground."""
    barrier.wait()
    with store.writing() as writer:
        if writer.live_decision(ROLLOUT, "ham-01") is None:
            writer.save_decision(decision(f"by-{os.getpid()}-{threading.get_ident()}"), rev_before=None)
            writer.audit(entry())


def test_two_threads_opening_at_once_open_one_decision(store: SqlStore) -> None:
    barrier = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(open_unless_there, store, barrier) for _ in range(2)]:
            done.result()
    assert rows(store)["decisions"] == 1


def _open_in_a_process(url: str, barrier: Barrier) -> None:
    opened = open_store(url)
    open_unless_there(opened, barrier)
    opened.close()


def test_two_processes_opening_at_once_open_one_decision(url: str) -> None:
    barrier = forked.Barrier(2)
    children = [forked.Process(target=_open_in_a_process, args=(url, barrier)) for _ in range(2)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0, 0]
    opened = open_store(url)
    assert (rows(opened)["decisions"], rows(opened)["audit"]) == (1, 1)
    opened.close()


def test_of_two_people_who_act_at_once_one_wins_and_the_other_learns_it(store: SqlStore) -> None:
    seen, barrier = decision("one"), threading.Barrier(2)
    with store.writing() as writer:
        writer.save_decision(seen, rev_before=None)

    def act(actor: str) -> str:
        barrier.wait()
        try:
            with store.writing() as writer:
                writer.save_decision(acted(seen, DecisionState.CONFIRMED, actor=actor), rev_before=seen.rev)
        except ActStaleError as error:
            return f"lost to {error.standing.by}"
        return actor

    with ThreadPoolExecutor(2) as pool:
        answers = set(pool.map(act, ["eva", "max"]))
    assert answers in ({"eva", "lost to eva"}, {"max", "lost to max"})


def _write_until_killed(url: str, first: int, ready: int) -> None:
    store = open_store(url)
    for number in count(first):
        with store.writing() as writer:
            write_all(writer, str(number))
        os.write(ready, b".")


@pytest.mark.parametrize("transactions", [pytest.param(n, id=f"after {n}") for n in (1, 2, 5, 9)])
def test_death_at_any_moment_leaves_all_of_a_transaction_or_nothing(url: str, transactions: int) -> None:
    reading_end, writing_end = os.pipe()
    child = forked.Process(target=_write_until_killed, args=(url, 1, writing_end))
    child.start()
    os.close(writing_end)
    seen = 0
    while seen < transactions:
        seen += len(os.read(reading_end, 1))
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    child.join()
    os.close(reading_end)
    store = open_store(url)
    found = rows(store)
    whole = found["decisions"]
    assert whole >= transactions
    assert [found[name] for name in ("grounds", "evidence", "audit", "outbox")] == [whole, whole, whole, 2 * whole]
    assert store.verify_audit() is None
    with store.writing() as writer:
        write_all(writer, "1000")
    store.close()


def test_a_full_disk_refuses_the_transaction_and_work_resumes_when_it_has_room(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    with store.writing() as writer:
        pages = writer.connection.execute(text("PRAGMA page_count")).scalar_one()
        writer.connection.execute(text(f"PRAGMA max_page_count = {pages + 4}"))
    written = 0

    def write_until_full() -> None:
        nonlocal written
        while True:
            with store.writing() as writer:
                write_all(writer, str(written))
            written += 1

    with pytest.raises(StoreError, match="no room left"):
        write_until_full()
    assert written > 0
    assert (rows(store)["decisions"], rows(store)["audit"], rows(store)["evidence"]) == (written, written, written)
    with store.writing() as writer:
        writer.connection.execute(text("PRAGMA max_page_count = 100000"))
        write_all(writer, str(written))
    assert store.verify_audit() is None
    store.close()


def said(store: SqlStore) -> str | None:
    """What the database said."""
    return store.refusal


def test_a_refusal_stands_until_something_was_written(url: str) -> None:
    store, other = open_store(url, busy=timedelta(milliseconds=50)), open_store(url)
    assert said(store) is None
    with other.writing(), pytest.raises(StoreError), store.writing() as writer:
        writer.audit(entry())
    assert said(store) is not None
    with store.writing():
        pass
    assert said(store) is not None, "a full disk takes what writes nothing, too"
    with store.writing() as writer:
        writer.audit(entry())
    assert said(store) is None
    for each in (store, other):
        each.close()
