"""From an export to what is left: each export is audited, and after pruning the commands say where the whole is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main
from stopwatch.core.decision import Act
from stopwatch.store.connect import open_store
from stopwatch.watch.retention import prune
from tests.watch.letters import GRAIN, HAM, T0, rule, rule_set
from tests.watch.world import Worlds

pytestmark = pytest.mark.slow

IDENTITY = "ham-01-20261121T1002Z"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """A resumed decision."""
    worlds = Worlds(tmp_path)
    world = worlds.make(rule_set(rule("load", step=GRAIN)), {("load", HAM): "CCBBBCCCC"})
    world.run(T0, T0 + 9 * GRAIN, every=GRAIN)
    world.act(world.decisions()[0].id, Act.RESUME, T0 + 9 * GRAIN)
    yield tmp_path / "0.db"
    worlds.close()


def stopwatch(database: Path, *arguments: str) -> Result:
    environment = {"STOPWATCH_DATABASE_URL": f"sqlite:///{database}", "STOPWATCH_CONFIG": "rules"}
    return CliRunner().invoke(main, ["evidence", *arguments], env=environment)


def test_an_export_is_audited_and_tells_nothing_of_itself(database: Path, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        result = stopwatch(database, "export", IDENTITY, "--to", str(tmp_path / name), "--actor", "eva")
        assert result.exit_code == 0, result.output
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    store = open_store(f"sqlite:///{database}")
    with store.reading() as view:
        first, second = (row.body for row in view.audit_rows() if row.body["act"] == "evidence.export")
    assert store.verify_audit() is None
    store.close()
    assert (first["decision"], first["actor"], first["details"]) == (IDENTITY, "eva", second["details"])


def test_after_pruning_the_exported_file_is_what_proves(database: Path, tmp_path: Path) -> None:
    filed = tmp_path / "filed"
    assert stopwatch(database, "export", IDENTITY, "--to", str(filed)).exit_code == 0
    store = open_store(f"sqlite:///{database}")
    assert prune(store, timedelta(days=1), now=datetime.now(UTC) + timedelta(days=400)) == 2
    store.close()
    verified = stopwatch(database, "verify", IDENTITY)
    assert (verified.exit_code, verified.output.splitlines()[-1]) == (
        0,
        f"{IDENTITY}: 0 of 2 bundles prove themselves, 2 were pruned after an export",
    )
    assert verified.output.count("verify the exported file with `stopwatch evidence verify --file`") == 2
    (shown,) = json.loads(stopwatch(database, "show", IDENTITY).output)["grounds"]
    assert (shown["bundle"], shown["head"]["site"]) == (None, "ham-01")
    again = stopwatch(database, "export", IDENTITY, "--to", str(tmp_path / "again"))
    assert (again.exit_code, "copy that export instead" in again.output) == (1, True)
    assert CliRunner().invoke(main, ["evidence", "verify", "--file", str(filed)]).exit_code == 0
