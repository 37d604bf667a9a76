"""Views that answer from memory: as fresh as any other, and silent towards the database while nothing changes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event, text

from stopwatch.core.decision import DecisionState
from stopwatch.core.errors import StoreError
from stopwatch.core.ledger import EntryKind
from stopwatch.core.outbox import MessageKind
from stopwatch.core.records import Activation, ProgressKey
from stopwatch.store.connect import open_store
from stopwatch.store.records import SqlReader
from stopwatch.store.sql import SqlStore
from tests.store.postgres import Cluster
from tests.store.values import HAM, MINUTE, ROLLOUT, T0, acted, decision, root

KEY = ProgressKey("default", "a query", 60, 60)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Note every statement that any database of this process is asked, without those that begin a view."""
    asked: list[str] = []

    def note(_c: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT") and "snapshot" not in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def seen(view: SqlReader) -> list[object]:
    """Everything that a pulse looks at."""
    live = view.decisions(ROLLOUT, live=True)
    return [
        live,
        view.activations(ROLLOUT),
        view.ended_after(ROLLOUT, T0),
        view.reactivations(ROLLOUT, T0),
        view.opened_counts(ROLLOUT),
        view.newest_entries(ROLLOUT, EntryKind.GO),
        view.entries(ROLLOUT),
        [(view.decision(one.id), view.card_channels(one.id), view.messages(one.id)) for one in live],
        view.unsent(MessageKind.ROOT),
    ]


def look(store: SqlStore) -> list[object]:
    with store.recall.reading() as view:
        return seen(view)


def plain(store: SqlStore) -> list[object]:
    with store.reading() as view:
        return seen(view)


def open_one(store: SqlStore) -> None:
    with store.writing() as tx:
        tx.save_decision(decision(), rev_before=None)
        tx.enqueue(root(), now=T0)


def end_it(store: SqlStore) -> None:
    ended = replace(acted(decision(), DecisionState.RESUMED), ended_at=T0 + MINUTE)
    with store.writing() as tx:
        tx.save_decision(ended, rev_before=1)


def go_live(store: SqlStore) -> None:
    with store.writing() as tx:
        tx.save_activation(Activation(ROLLOUT, HAM, T0, "cli:eva", T0))


def advance(store: SqlStore) -> None:
    with store.advancing() as tx:
        tx.save_progress(ROLLOUT, {KEY: T0})


def test_what_was_read_once_is_not_read_again_while_nothing_is_committed(store: SqlStore) -> None:
    open_one(store)
    go_live(store)
    first = look(store)
    with statements() as asked:
        assert look(store) == first
    assert asked == []


def test_activations_are_not_read_again_for_a_commit_that_adds_none(store: SqlStore) -> None:
    go_live(store)
    look(store)
    open_one(store)
    with statements() as asked, store.recall.reading() as view:
        assert view.activations(ROLLOUT)[HAM].actor == "cli:eva"
    assert [statement for statement in asked if "count" not in statement] == []


@pytest.mark.parametrize("change", [open_one, go_live], ids=["a decision opens", "a site goes live"])
def test_a_commit_is_seen_by_the_next_view(store: SqlStore, change: Callable[[SqlStore], None]) -> None:
    before = look(store)
    change(store)
    assert look(store) == plain(store)
    assert look(store) != before


def test_progress_is_committed_and_nothing_is_read_again_for_it(store: SqlStore, dialect: str) -> None:
    open_one(store)
    before = look(store)
    advance(store)
    with statements() as asked:
        assert look(store) == before
    assert asked == [] or dialect == "postgresql"  # whose snapshot tells of every commit
    with store.reading() as view:
        assert view.progress(ROLLOUT) == {KEY: T0}


@pytest.mark.parametrize("deeds", [(open_one, advance), (advance, open_one)], ids=["before", "after"])
def test_a_commit_next_to_progress_is_seen(store: SqlStore, deeds: tuple[Callable[[SqlStore], None], ...]) -> None:
    look(store)
    for deed in deeds:
        deed(store)
    assert look(store) == plain(store)


def test_progress_that_breaks_off_leaves_nothing_behind(store: SqlStore) -> None:
    open_one(store)
    before = look(store)

    def break_off() -> None:
        with store.advancing() as tx:
            tx.save_progress(ROLLOUT, {KEY: T0})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    with store.reading() as view:
        assert view.progress(ROLLOUT) == {}
    assert look(store) == before
    advance(store)


def said(store: SqlStore) -> str | None:
    """What the database said to the newest write."""
    return store.refusal


def test_a_database_that_refuses_progress_is_known_as_refusing_until_it_takes_a_write(url: str) -> None:
    store, other = open_store(url, busy=timedelta(milliseconds=50)), open_store(url)
    with other.writing(), pytest.raises(StoreError), store.advancing():
        pass
    assert said(store) is not None
    with store.advancing():
        pass
    assert said(store) is not None, "what writes nothing proves nothing"
    advance(store)
    assert said(store) is None
    for each in (store, other):
        each.close()


def test_every_commit_of_a_story_is_seen_by_the_next_view(store: SqlStore) -> None:
    for deed in (open_one, go_live, end_it, go_live):
        look(store)
        deed(store)
        assert look(store) == plain(store)


def test_a_commit_through_another_store_is_seen_by_the_next_view(store: SqlStore, url: str) -> None:
    look(store)
    other = open_store(url)
    open_one(other)
    other.close()
    assert look(store) == plain(store)


def test_what_is_rolled_back_is_never_seen(store: SqlStore) -> None:
    def give_up() -> None:
        with store.recall.writing() as tx:
            tx.save_decision(decision(), rev_before=None)
            look(store)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert look(store) == plain(store)


def test_a_view_stays_at_its_moment_while_others_write(store: SqlStore) -> None:
    with store.recall.reading() as view:
        assert view.decisions(ROLLOUT, live=True) == []
        open_one(store)
        assert view.opened_counts(ROLLOUT) == {}
    assert look(store) == plain(store)


def test_later_and_earlier_instants_are_answered_as_by_any_view(store: SqlStore) -> None:
    open_one(store)
    end_it(store)
    for after in (T0, T0 + MINUTE, T0 - MINUTE, T0 + MINUTE / 2, T0 + 2 * MINUTE):
        with store.recall.reading() as recalled, store.reading() as view:
            assert recalled.ended_after(ROLLOUT, after) == view.ended_after(ROLLOUT, after)
            assert recalled.reactivations(ROLLOUT, after) == view.reactivations(ROLLOUT, after)


def test_views_that_are_opened_at_once_see_what_their_threads_wrote(store: SqlStore) -> None:
    blind: list[str] = []

    def write_and_look(name: str) -> None:
        for number in range(10):
            identity = f"{name}-{number}"
            with store.writing() as tx:
                tx.save_decision(decision(identity, identity), rev_before=None)
            with store.recall.reading() as view:
                if identity not in {one.id for one in view.decisions(ROLLOUT, live=True)}:
                    blind.append(identity)

    threads = [threading.Thread(target=write_and_look, args=[name]) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert blind == []


def test_a_view_that_broke_is_followed_by_a_good_one(store: SqlStore) -> None:
    with pytest.raises(StoreError), store.recall.reading() as view:
        view.connection.execute(text("SELECT nothing FROM nowhere"))
    open_one(store)
    assert look(store) == plain(store)


@pytest.mark.slow
def test_a_connection_that_was_cut_between_two_views_is_not_noticed(postgresql: Cluster) -> None:
    with postgresql.database() as name:
        store = open_store(postgresql.address(name))
        look(store)
        cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = :name"
        with store.writing() as tx:
            tx.connection.execute(text(cut), {"name": name})
        open_one(store)
        assert look(store) == plain(store)
        store.close()
