"""Looking for work in vain costs a look at one number: rows that become due later are found when their time comes."""

from __future__ import annotations

from datetime import timedelta

from stopwatch.core.outbox import OutboxState
from stopwatch.store.connect import open_store
from stopwatch.store.sql import SqlStore
from tests.store.test_inbox import CLICK
from tests.store.test_recall import statements
from tests.store.values import MINUTE, T0, decision, root


def keys(store: SqlStore, minutes: float) -> list[str]:
    return [row.message.key for row in store.due(T0 + minutes * MINUTE, limit=9, notifier="slack")]


def opened(store: SqlStore) -> str:
    with store.writing() as tx:
        tx.save_decision(decision(), rev_before=None)
        tx.enqueue(root(), now=T0)
    return root().key


def test_a_row_that_waits_is_found_when_it_is_due_and_not_looked_for_before(store: SqlStore, dialect: str) -> None:
    key = opened(store)
    assert keys(store, 0) == [key]
    store.settle(key, OutboxState.PENDING, due_at=T0 + 5 * MINUTE, error="refused")
    assert keys(store, 1) == []
    with statements() as asked:
        assert keys(store, 2) == keys(store, 4.9) == []
    if dialect == "sqlite":
        assert asked == []
    assert keys(store, 5) == keys(store, 6) == [key], "as long as it waits it is offered"


def test_an_empty_outbox_is_looked_at_again_after_a_commit_of_another_process(store: SqlStore, url: str) -> None:
    assert keys(store, 0) == keys(store, 1) == []
    other = open_store(url)
    key = opened(other)
    assert keys(store, 1) == [key]
    other.close()


def test_deeds_are_read_again_only_after_a_commit(store: SqlStore) -> None:
    assert store.waiting() == []
    with statements() as asked:
        assert store.waiting() == []
    assert asked == []
    store.receive(CLICK, now=T0)
    assert store.waiting() == [(CLICK, T0)]


def test_a_stamp_tells_of_every_commit_but_of_progress(store: SqlStore, url: str, dialect: str) -> None:
    first = store.recall.stamp()
    if dialect == "postgresql":
        assert first != store.recall.stamp(), "to ask would cost as much as to look"
        return
    with store.advancing():
        pass
    assert store.recall.stamp() == first
    other = open_store(url)
    opened(other)
    other.close()
    second = store.recall.stamp()
    assert second != first
    store.recall.close()
    assert store.recall.stamp() != second, "a new connection counts anew"


def test_the_next_due_row_is_that_of_the_notifier_that_asks(store: SqlStore) -> None:
    opened(store)
    assert store.due(T0, limit=9, notifier="webhook") == []
    assert store.due(T0 + timedelta(days=1), limit=9, notifier="webhook") == []
    assert keys(store, 0) == [root().key]
