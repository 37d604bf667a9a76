"""A PostgreSQL that lets nobody in, or says nothing any more, is told in words that help, and in time."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from stopwatch.core.errors import StoreError
from stopwatch.store.connect import open_store
from stopwatch.store.sql import SqlStore
from tests.store.postgres import Cluster

pytestmark = pytest.mark.slow

SHORT = timedelta(seconds=3)


@pytest.fixture
def place(postgresql: Cluster, migrated_database: str) -> Iterator[str]:
    with postgresql.database(migrated_database) as name:
        yield postgresql.address(name)


@pytest.fixture
def impatient(place: str) -> Iterator[SqlStore]:
    opened = open_store(place, patience=SHORT)
    yield opened
    opened.close()


def session(store: SqlStore) -> int:
    """Which of the server's processes answers."""
    with store.reading() as view:
        return int(view.connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


@pytest.mark.parametrize(
    ("user", "database", "words"),
    [
        pytest.param("postgres", "nowhere", "does not exist; create it first", id="no such database"),
        pytest.param("eva", "postgres", "refused the login; check user and password", id="no such user"),
    ],
)
def test_a_server_that_lets_nobody_in_says_what_is_wrong(
    postgresql: Cluster, user: str, database: str, words: str
) -> None:
    url = postgresql.address(database).replace("postgres@", f"{user}@")
    with pytest.raises(StoreError, match=words):
        open_store(url)


def test_a_statement_to_which_nothing_is_said_is_given_up_and_the_next_one_is_answered(impatient: SqlStore) -> None:
    before = session(impatient)
    said = r"cannot be reached; .* \(the server has said nothing for 3 s\)"
    with pytest.raises(StoreError, match=said), impatient.reading() as view:
        view.connection.execute(text("SELECT pg_sleep(30)"))
    assert session(impatient) != before


def test_a_session_that_stands_still_is_replaced(impatient: SqlStore) -> None:
    before = session(impatient)
    os.kill(before, signal.SIGSTOP)
    try:
        assert session(impatient) != before
    finally:
        os.kill(before, signal.SIGCONT)


def test_an_answer_that_comes_bit_by_bit_is_waited_for(impatient: SqlStore) -> None:
    slowly = "SELECT repeat('x', 9000), pg_sleep(0.5) FROM generate_series(1, 8)"
    with impatient.reading() as view:
        assert len(view.connection.execute(text(slowly)).all()) == 8
