"""The databases that every promise is tested on: SQLite always, PostgreSQL among the slow tests."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stopwatch.store.connect import open_store
from stopwatch.store.records import SqlWriter
from stopwatch.store.sql import SqlStore
from tests.store.postgres import Cluster, cluster

DIALECTS = [pytest.param("sqlite", id="SQLite"), pytest.param("postgresql", id="PostgreSQL", marks=pytest.mark.slow)]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database without rows, to be copied."""
    path = tmp_path_factory.mktemp("template") / "migrated.db"
    open_store(f"sqlite:///{path}").close()
    return path


@pytest.fixture(scope="session")
def migrated_database(postgresql: Cluster) -> Iterator[str]:
    """A PostgreSQL database without rows, to be copied."""
    with postgresql.database() as name:
        open_store(postgresql.address(name)).close()
        yield name


@pytest.fixture(params=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def empty_url(request: pytest.FixtureRequest, dialect: str, file: Path) -> Iterator[str]:
    """The address of a database that nobody has opened yet."""
    if dialect == "sqlite":
        yield f"sqlite:///{file}"
        return
    server: Cluster = request.getfixturevalue("postgresql")
    with server.database() as name:
        yield server.address(name)


@pytest.fixture
def url(request: pytest.FixtureRequest, dialect: str, file: Path) -> Iterator[str]:
    """The address of a database with all tables and no rows."""
    if dialect == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), file)
        yield f"sqlite:///{file}"
        return
    server: Cluster = request.getfixturevalue("postgresql")
    with server.database(request.getfixturevalue("migrated_database")) as name:
        yield server.address(name)


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.fixture
def writer(store: SqlStore) -> Iterator[SqlWriter]:
    """One transaction for all examples of a test, so that they need not wait for the disk."""
    with store.writing() as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a SQLite database may lie."""
    return tmp_path / "stopwatch.db"
