"""Commands upon a database that an earlier version left: only the daemon upgrades it, and everybody else says so."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main
from stopwatch.demo.prometheus import free_port
from tests.store import old
from tests.stories.world import write_rules


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return old.restore(tmp_path / "stopwatch.db")


def run(database: Path, *words: str) -> Result:
    rules = write_rules(database.parent / "rules", {"ham-01": "pilot"}, datetime(2026, 11, 20, tzinfo=UTC))
    environment = {
        "STOPWATCH_CONFIG": str(rules),
        "STOPWATCH_DATABASE_URL": f"sqlite:///{database}",
        "STOPWATCH_PROMETHEUS_URL": f"http://127.0.0.1:{free_port()}",
    }
    return CliRunner().invoke(main, list(words), env=environment, prog_name="stopwatch")


def revision(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        found: str = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
    return found


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(("status",), id="status"),
        pytest.param(("gate", "ham-01"), id="gate"),
        pytest.param(("decisions", "list"), id="decisions list"),
        pytest.param(("decisions", "confirm", old.DECISION), id="an act"),
        pytest.param(("pause", "ham-01", "--criterion", "sev1", "--reason", "db down"), id="pause"),
        pytest.param(("audit", "verify"), id="audit"),
        pytest.param(("outbox", "list"), id="outbox"),
        pytest.param(("evidence", "show", old.DECISION), id="evidence"),
    ],
)
def test_a_command_refuses_says_what_to_do_and_upgrades_nothing(database: Path, words: tuple[str, ...]) -> None:
    result = run(database, *words)
    assert result.exit_code == 2, result.output
    assert "older version (revision 0001" in result.stderr
    assert "start this version's daemon, which upgrades it" in result.stderr
    assert revision(database) == "0001"


def test_explain_goes_on_with_the_plan_and_upgrades_nothing(database: Path) -> None:
    result = run(database, "explain", "ham-01", "load-high", "--format", "json")
    # There is no Prometheus to ask; the records were looked at before.
    assert result.exit_code in {0, 2}
    assert revision(database) == "0001"


def test_a_backup_is_made_before_the_upgrade(database: Path) -> None:
    copy = database.with_name("copy.db")
    result = run(database, "backup", str(copy), "--format", "json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["revision"] == "0001"
    assert (revision(database), revision(copy)) == ("0001", "0001")
