"""What an earlier version left is brought up to date with its work in flight, by whoever may do so."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import MetaData, create_engine, insert, select

from stopwatch.core.decision import DecisionId, DecisionState
from stopwatch.core.errors import ConfigurationError
from stopwatch.core.outbox import MessageKind, OutboxState
from stopwatch.store.address import address
from stopwatch.store.connect import open_store
from stopwatch.store.migrate import REVISION, configuration, revision
from stopwatch.store.sql import SqlStore
from tests.store import old
from tests.store.values import entry

LATER = datetime(2030, 1, 1, tzinfo=UTC)


def copy_to(url: str, source: Path) -> None:
    """Make the tables of the first version at *url* by its own revision, and fill them with the rows of *source*."""
    read, write = create_engine(f"sqlite:///{source}"), create_engine(address(url).url)
    with read.connect() as rows, write.begin() as target:
        command.upgrade(configuration(target), old.FIRST)
        tables = MetaData()
        tables.reflect(target)
        for table in tables.sorted_tables:
            if table.name != "alembic_version":
                found = [dict(row) for row in rows.execute(select(table)).mappings()]
                if found:
                    target.execute(insert(table), found)
    read.dispose()
    write.dispose()


@pytest.fixture
def old_url(dialect: str, empty_url: str, tmp_path: Path) -> str:
    """The address of a database that the first version left."""
    written = old.restore(tmp_path / "old.db")
    if dialect == "sqlite":
        written.rename(tmp_path / "stopwatch.db")
    else:
        copy_to(empty_url, written)
    return empty_url


@pytest.fixture
def upgraded(old_url: str) -> Iterator[SqlStore]:
    store = open_store(old_url)
    yield store
    store.close()


def test_a_live_decision_and_its_messages_are_gone_on_with(upgraded: SqlStore) -> None:
    with upgraded.reading() as view:
        assert revision(view.connection) == REVISION
        decision = view.live_decision(old.ROLLOUT, "ham-01")
        assert decision is not None
        assert (decision.id, decision.state, decision.rev) == (old.DECISION, DecisionState.ACKNOWLEDGED, 2)
        assert [(act.act, act.actor) for act in decision.acts] == [("acknowledge", "anna")]
        evidence = decision.grounds[0].evidence
        assert evidence is not None
        assert view.evidence(evidence)
        assert {row.site for row in view.states(old.ROLLOUT)} == {"ham-01", "lodz"}
        assert view.progress(old.ROLLOUT)
    assert [(row.message.kind, row.state, row.attempts) for row in upgraded.rows()] == [
        (MessageKind.ROOT, OutboxState.PENDING, 6),
        (MessageKind.ACT, OutboxState.PENDING, 0),
    ]
    assert [row.message.key for row in upgraded.due(LATER, limit=10)] == [old.CARD]
    assert upgraded.claim(old.CARD, LATER).attempts == 7


def test_the_chain_of_the_audit_holds_over_the_upgrade_and_goes_on(upgraded: SqlStore) -> None:
    assert upgraded.verify_audit() is None
    with upgraded.writing() as writer:
        assert writer.decision(DecisionId(old.DECISION)) is not None
        writer.audit(entry("later"))
        assert [row.body["act"] for row in writer.audit_rows()][-2:] == ["acknowledge", "later"]
    assert upgraded.verify_audit() is None


def test_whoever_may_not_upgrade_is_refused_and_changes_nothing(old_url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"older version \(revision 0001, this one needs \d{4}\)"):
        open_store(old_url, upgrade=False)
    probe = create_engine(address(old_url).url)
    with probe.connect() as connection:
        assert revision(connection) == old.FIRST
    probe.dispose()


def test_a_database_without_tables_is_not_filled_by_whoever_only_reads(empty_url: str, file: Path) -> None:
    if empty_url.startswith("sqlite"):
        file.touch()
    with pytest.raises(ConfigurationError, match="no tables"):
        open_store(empty_url, create=False)


def test_an_upgrade_that_fails_leaves_the_old_tables_as_they_were(file: Path) -> None:
    old.restore(file)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE inbox (is_in_the_way TEXT)")
        connection.commit()
    with pytest.raises(Exception, match="inbox"):
        open_store(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(old.FIRST,)]
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert "ledger" not in tables
