"""A copy is whole, proven, taken beside writers, and never put where something is."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from stopwatch.core.errors import BackupUnusableError, ConfigurationError, StoreLockedError
from stopwatch.store.backup import back_up, put_back
from stopwatch.store.connect import open_store
from stopwatch.store.lock import daemon_lock
from stopwatch.store.sql import SqlStore
from tests.store import old
from tests.store.values import acted, decision, entry, item, root


@pytest.fixture
def url(file: Path) -> str:
    return f"sqlite:///{file}"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """An open decision with a card and an item that wait to be sent, written down by two audit rows."""
    opened = open_store(url)
    with opened.writing() as writer:
        writer.save_decision(decision(), rev_before=None)
        writer.enqueue(root(), now=decision().opened_at)
        writer.enqueue(item("a"), now=decision().opened_at)
        writer.audit(entry())
        writer.audit(entry("second"))
    yield opened
    opened.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return tmp_path / "copies" / "copy.db"


@pytest.fixture(autouse=True)
def _folder(copy: Path) -> None:
    copy.parent.mkdir()


def change(path: Path, statement: str) -> None:
    """Change a copy as somebody with an editor for databases might."""
    with closing(sqlite3.connect(path)) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(statement)
        connection.commit()


def damage(path: Path) -> None:
    with path.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xff" * 4096 * 8)


def test_a_copy_says_what_it_holds_is_one_file_and_for_its_owner_only(store: SqlStore, url: str, copy: Path) -> None:
    held = back_up(url, copy)
    with store.reading() as view:
        assert held.audit_head == view.audit_head()
    assert (held.live_decisions, held.unsent, held.audit_rows) == (1, 2, 2)
    assert [path.name for path in copy.parent.iterdir()] == ["copy.db"]
    assert (copy.stat().st_mode & 0o777, copy.stat().st_size) == (0o600, held.size_bytes)


def test_a_copy_is_taken_while_others_write_and_is_one_moment(store: SqlStore, url: str, copy: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with store.writing() as writer:
                writer.audit(entry("beside"))

    beside = threading.Thread(target=write)
    beside.start()
    try:
        with daemon_lock(url):  # a daemon works on it
            held = [back_up(url, copy.with_name(f"{number}.db")) for number in range(3)]
    finally:
        stop.set()
        beside.join()
    assert [each.audit_rows for each in held] == sorted(each.audit_rows for each in held)
    assert store.verify_audit() is None


def test_what_was_copied_is_put_back_with_its_decision_its_messages_and_a_row_that_says_so(
    store: SqlStore, url: str, copy: Path, tmp_path: Path
) -> None:
    back_up(url, copy)
    elsewhere = tmp_path / "elsewhere.db"
    held = put_back(f"sqlite:///{elsewhere}", copy, entry("database.restore", actor="cli:eva"))
    again = open_store(f"sqlite:///{elsewhere}")
    with again.reading() as view:
        assert view.decision(decision().id) == decision()
        assert [row.body["act"] for row in view.audit_rows()] == ["decision.open", "second", "database.restore"]
    assert [row.message.key for row in again.rows()] == [row.message.key for row in store.rows()]
    assert again.verify_audit() is None
    assert (held.audit_rows, elsewhere.stat().st_mode & 0o777) == (2, 0o600)
    again.close()


@pytest.mark.parametrize("with_files", [pytest.param("", id="the database"), pytest.param("-wal", id="only its log")])
def test_nothing_is_overwritten_by_a_restore(
    store: SqlStore, url: str, copy: Path, tmp_path: Path, with_files: str
) -> None:
    back_up(url, copy)
    there = tmp_path / f"there.db{with_files}"
    there.write_text("precious")
    with pytest.raises(ConfigurationError, match=r"move it away"):
        put_back(f"sqlite:///{tmp_path}/there.db", copy)
    assert there.read_text() == "precious"


def test_nothing_is_overwritten_by_a_backup(store: SqlStore, url: str, copy: Path) -> None:
    copy.write_text("precious")
    with pytest.raises(ConfigurationError, match="exists already"):
        back_up(url, copy)
    assert copy.read_text() == "precious"


def test_a_restore_is_refused_while_a_daemon_works_there(store: SqlStore, url: str, copy: Path, file: Path) -> None:
    back_up(url, copy)
    store.close()
    with daemon_lock(url):
        for path in file.parent.glob("stopwatch.db*"):
            if not path.name.endswith(".lock"):
                path.unlink()
        with pytest.raises(StoreLockedError, match=str(os.getpid())):
            put_back(url, copy)
    assert not file.exists()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        pytest.param("UPDATE audit SET actor = 'nobody' WHERE seq = 1", "audit row 1 of", id="a row was changed"),
        pytest.param("DELETE FROM audit WHERE seq = 1", "audit row 2 of", id="a row was removed"),
        pytest.param("DELETE FROM audit", "audit rows are gone", id="all rows were removed"),
        pytest.param("DELETE FROM decisions", "refers to nothing", id="a decision was removed"),
        pytest.param("DROP TABLE alembic_version", "no tables of ours", id="a foreign database"),
    ],
)
def test_a_copy_that_was_tampered_with_is_not_put_back(
    store: SqlStore, url: str, copy: Path, tmp_path: Path, statement: str, said: str
) -> None:
    with store.writing() as writer:
        confirmed = acted(decision(), decision().state, at=decision().opened_at)
        confirmed = replace(confirmed, acts=(replace(confirmed.acts[0], act="confirm"),))
        writer.save_decision(confirmed, rev_before=1)
        writer.audit(entry("confirm", decision=decision().id, at=decision().opened_at))
    back_up(url, copy)
    change(copy, statement)
    with pytest.raises(BackupUnusableError, match=said):
        put_back(f"sqlite:///{tmp_path}/elsewhere.db", copy)
    assert {path.name for path in tmp_path.iterdir()} <= {
        "copies",
        "stopwatch.db",
        "stopwatch.db-wal",
        "stopwatch.db-shm",
        "elsewhere.db.lock",
    }


def test_a_damaged_copy_is_not_put_back(store: SqlStore, url: str, copy: Path, tmp_path: Path) -> None:
    back_up(url, copy)
    damage(copy)
    with pytest.raises(BackupUnusableError, match="damaged"):
        put_back(f"sqlite:///{tmp_path}/elsewhere.db", copy)


def test_a_database_that_was_tampered_with_leaves_no_copy(store: SqlStore, url: str, copy: Path, file: Path) -> None:
    store.close()
    change(file, "UPDATE audit SET actor = 'nobody' WHERE seq = 1")
    with pytest.raises(BackupUnusableError, match="audit row 1"):
        back_up(url, copy)
    assert list(copy.parent.iterdir()) == []


def test_a_copy_of_a_newer_version_is_not_put_back(store: SqlStore, url: str, copy: Path, tmp_path: Path) -> None:
    back_up(url, copy)
    change(copy, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ConfigurationError, match=r"newer version \(revision 9999\)"):
        put_back(f"sqlite:///{tmp_path}/elsewhere.db", copy)
    assert not (tmp_path / "elsewhere.db").exists()


def test_a_copy_of_an_older_version_is_put_back_and_upgraded_by_whoever_opens_it(tmp_path: Path, copy: Path) -> None:
    old.restore(copy)
    there = f"sqlite:///{tmp_path}/there.db"
    assert put_back(there, copy, entry("database.restore")).revision == old.FIRST
    opened = open_store(there)
    assert (opened.verify_audit(), len(opened.rows())) == (None, 2)
    opened.close()


@pytest.mark.parametrize(("act", "tool"), [pytest.param(back_up, "pg_dump"), pytest.param(put_back, "pg_restore")])
def test_postgresql_has_its_own_tools(act: object, tool: str, copy: Path) -> None:
    copy.touch()
    with pytest.raises(ConfigurationError, match=tool) as refused:
        (back_up if act is back_up else put_back)("postgresql://eva:secret@h/records", copy)
    assert "secret" not in str(refused.value)
