"""The bell rings when something is on disk, and only then."""

import pytest

from stopwatch.store.sql import SqlStore
from tests.store.values import T0, decision, root


def test_it_rings_after_each_commit_for_everybody_who_listens(store: SqlStore) -> None:
    one, other = store.bell.listen(), store.bell.listen()
    with store.writing() as tx:
        tx.save_decision(decision(), rev_before=None)
        tx.enqueue(root(), now=T0)
        assert not one.is_set(), "it is not on disk yet"
    assert (one.is_set(), other.is_set()) == (True, True)


def test_it_is_silent_while_nothing_is_written(store: SqlStore) -> None:
    one = store.bell.listen()
    with store.reading() as view:
        view.audit_head()
    with pytest.raises(ZeroDivisionError), store.writing():
        raise ZeroDivisionError
    assert not one.is_set()
