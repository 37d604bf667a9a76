"""A database is created, brought up to date and prepared for every connection, or refused in words."""

import multiprocessing
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

from stopwatch.core.errors import ConfigurationError, StoreError
from stopwatch.store.address import address
from stopwatch.store.connect import open_store
from stopwatch.store.migrate import FOLDER, REVISION, configuration
from stopwatch.store.schema import metadata
from tests.store.postgres import Cluster
from tests.store.values import decision, entry

forked = multiprocessing.get_context("fork")


@pytest.fixture
def both(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Connection, Connection]]:
    """A database that was made at once, and one that all revisions made one after the other."""
    with ExitStack() as stack:
        if dialect == "sqlite":
            urls = [f"sqlite:///{tmp_path}/{name}.db" for name in ("made", "migrated")]
        else:
            server: Cluster = request.getfixturevalue("postgresql")
            urls = [server.address(stack.enter_context(server.database())) for _ in range(2)]
        open_store(urls[0]).close()
        databases = [create_engine(address(url).url) for url in urls]
        for each in databases:
            stack.callback(each.dispose)
        with databases[1].begin() as connection:
            command.upgrade(configuration(connection), "head")
        made, migrated = (stack.enter_context(each.connect()) for each in databases)
        yield made, migrated


def test_the_migrated_tables_are_those_of_the_schema(both: tuple[Connection, Connection]) -> None:
    for connection in both:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_database_that_is_made_at_once_is_one_that_all_revisions_made(both: tuple[Connection, Connection]) -> None:
    made, migrated = both
    tables = set(inspect(made).get_table_names())
    assert tables == set(inspect(migrated).get_table_names()) == {*metadata.tables, "alembic_version"}
    for table in sorted(tables):
        for kind in ("columns", "pk_constraint", "check_constraints", "unique_constraints", "foreign_keys", "indexes"):
            one, other = (_listed(getattr(inspect(each), f"get_{kind}")(table)) for each in both)
            assert one == other, f"{kind} of {table}"
    triggers = {
        "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name",
        "postgresql": "SELECT tgname, pg_get_triggerdef(oid), pg_get_functiondef(tgfoid) FROM pg_trigger "
        "WHERE NOT tgisinternal ORDER BY tgrelid::regclass::text, tgname",
    }[made.dialect.name]
    asked = (triggers, "SELECT version_num FROM alembic_version")
    for statement in asked:
        rows = [each.execute(text(statement)).all() for each in both]
        assert rows[0] == rows[1] != []


def _listed(found: object) -> list[str]:
    """Return in words what was found, in an order of its own: constraints have none."""
    return sorted(map(str, found)) if isinstance(found, list) else [str(found)]


def open_and_write(url: str) -> None:
    store = open_store(url)
    try:
        with store.writing() as writer:
            writer.audit(entry())
    finally:
        store.close()


def test_the_newest_revision_is_the_one_the_program_names() -> None:
    assert ScriptDirectory(str(FOLDER)).get_heads() == [REVISION]


def _open_together(url: str, barrier: Barrier) -> None:
    barrier.wait()
    open_store(url).close()


def test_processes_that_start_at_once_migrate_once(empty_url: str) -> None:
    barrier = forked.Barrier(4)
    children = [forked.Process(target=_open_together, args=(empty_url, barrier)) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert [child.exitcode for child in children] == [0] * 4
    store = open_store(empty_url)
    with store.writing() as writer:
        assert writer.audit(entry())
    store.close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(url: str) -> None:
    store = open_store(url)
    with store.writing() as writer:
        writer.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    store.close()
    with pytest.raises(ConfigurationError, match=r"newer version \(revision 9999\)"):
        open_store(url)


def test_a_restart_finds_what_was_written_before(url: str) -> None:
    first = open_store(url)
    with first.writing() as writer:
        writer.save_decision(decision(), rev_before=None)
        head = writer.audit(entry())
    first.close()
    second = open_store(url)
    with second.reading() as reader:
        assert reader.decision(decision().id) == decision()
        assert reader.audit_head() == head
    second.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        pytest.param("journal_mode", "wal", id="write-ahead log"),
        pytest.param("synchronous", 2, id="FULL"),
        pytest.param("foreign_keys", 1, id="foreign keys"),
        pytest.param("cache_size", -256, id="256 KiB of pages"),
        pytest.param("busy_timeout", 7000, id="waits for writers"),
    ],
)
def test_every_connection_to_sqlite_is_prepared(file: Path, pragma: str, value: object) -> None:
    store = open_store(f"sqlite:///{file}", busy=timedelta(seconds=7))
    with store.reading() as one, store.reading() as another, store.writing() as writer:
        for opened in (one, another, writer):
            assert opened.connection.execute(text(f"PRAGMA {pragma}")).scalar_one() == value
    store.close()


def test_a_new_file_and_its_log_are_for_their_owner_only(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    with store.writing() as writer:
        writer.audit(entry())
        modes = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
    assert modes == {"stopwatch.db": 0o600, "stopwatch.db-wal": 0o600, "stopwatch.db-shm": 0o600}
    store.close()


def test_a_writer_does_not_wait_for_ever_for_another_one(url: str) -> None:
    one, other = open_store(url), open_store(url, busy=timedelta(milliseconds=20))
    with one.writing() as writer:
        writer.audit(entry())
        with pytest.raises(StoreError, match="is locked by another process"), other.writing():
            pass
        assert other.rows() == []
    with other.writing() as writer:
        assert writer.audit(entry())
    one.close()
    other.close()


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param("sqlite://", id="in memory"),
        pytest.param("sqlite:///:memory:", id="in memory, spelt out"),
        pytest.param("sqlite:///file:x?uri=true", id="file URI"),
        pytest.param("mysql://u:secret@h/db", id="another database"),
        pytest.param("secret nonsense", id="no address"),
        pytest.param("sqlite:////tmp", id="a folder"),
        pytest.param("postgresql://u:secret@h:port/db", id="bad port"),
    ],
)
def test_an_unusable_address_is_refused_without_showing_it(bad: str) -> None:
    with pytest.raises(ConfigurationError, match="STOPWATCH_DATABASE_URL") as refused:
        open_store(bad)
    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    "given", ["postgresql://u:secret@h:1/db", "postgresql+psycopg://u:secret@h:1/db?password=secret"]
)
def test_postgresql_is_spoken_to_through_psycopg_and_shown_without_its_password(given: str) -> None:
    read = address(given)
    assert read.url.drivername == "postgresql+psycopg"
    assert read.file is None
    assert read.shown == "postgresql://u:***@h:1/db"


def test_a_server_that_cannot_be_reached_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match="postgresql://eva:") as refused:
        open_store("postgresql://eva:secret@127.0.0.1:1/records")
    assert "secret" not in str(refused.value)


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"nowhere/x\.db cannot be created"):
        open_store(f"sqlite:///{tmp_path}/nowhere/x.db")


def test_a_file_that_is_no_database_is_named(file: Path) -> None:
    file.write_text("rollout: wms-4-12\n" * 100)
    with pytest.raises(StoreError, match="is no SQLite database"):
        open_store(f"sqlite:///{file}")


def test_a_damaged_file_is_told_and_not_mended(file: Path) -> None:
    open_store(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    with file.open("r+b") as opened:
        opened.seek(size)
        opened.write(b"\xff" * size * 60)
    with pytest.raises(StoreError, match="is damaged"):
        open_and_write(f"sqlite:///{file}")


def test_text_that_is_half_a_surrogate_pair_is_refused_as_a_whole(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    with pytest.raises(StoreError, match="could not take"), store.writing() as writer:
        writer.audit(entry(reason="\ud800"))
    with store.reading() as reader:
        assert list(reader.audit_rows()) == []
    store.close()
