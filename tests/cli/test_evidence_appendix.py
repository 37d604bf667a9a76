"""An appendix from the command line: shown beside its bundle, proven with it, filed with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main
from tests.cli.test_evidence import resummed, stopwatch, tamper, verify_file
from tests.watch.test_appending import LATER, Restarted, restarted
from tests.watch.world import Worlds

pytestmark = pytest.mark.slow

IDENTITY = "ham-01-20261121T1021Z"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Restarted]:
    """A ground that opened right after a restart."""
    worlds = Worlds(tmp_path)
    yield restarted(worlds)
    worlds.close()


@pytest.fixture
def database(made: Restarted, tmp_path: Path) -> Path:
    """The same with its appendix."""
    assert len(made.pass_time(LATER)) == 1
    return tmp_path / "0.db"


def show(database: Path) -> dict[str, object]:
    (shown,) = json.loads(stopwatch(database, "show", IDENTITY).output)["grounds"]
    assert isinstance(shown, dict)
    return shown


def verified(database: Path) -> Result:
    return stopwatch(database, "verify", IDENTITY)


def test_an_appendix_is_shown_and_proven_beside_its_bundle(database: Path) -> None:
    shown = show(database)
    appendix = shown["appendix"]
    assert isinstance(appendix, dict)
    assert appendix["bundle"]["of"] == shown["sha256"]
    result = verified(database)
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        [
            f"load@20261121T1021Z opening {shown['sha256']}: proven",
            f"load@20261121T1021Z appendix {appendix['sha256']}: proven",
            f"{IDENTITY}: all 2 bundles prove themselves",
        ],
    )


def test_a_byte_of_it_that_was_changed_is_named(database: Path) -> None:
    tamper(database, "UPDATE evidence SET body = replace(body, '1.0', '1.5') WHERE body LIKE '%appendix%'")
    result = verified(database)
    assert (result.exit_code, "appendix" in result.output) == (1, True)
    assert "it was changed after it was frozen" in result.output


def test_why_there_is_none_is_said(made: Restarted, tmp_path: Path) -> None:
    made.world.source.series.clear()
    (outcome,) = made.pass_time(LATER)
    result = verified(tmp_path / "0.db")
    assert (result.exit_code, f"  it has no appendix: {outcome.reason}" in result.output.splitlines()) == (0, True)
    assert show(tmp_path / "0.db")["appendix"] == {"sha256": None, "reason": outcome.reason}


@pytest.fixture
def filed(database: Path, tmp_path: Path) -> Path:
    """An exported folder."""
    folder = tmp_path / "filed"
    assert stopwatch(database, "export", IDENTITY, "--to", str(folder)).exit_code == 0
    return folder


def test_it_is_filed_with_the_decision_and_proven_there(filed: Path) -> None:
    names = {path.relative_to(filed).as_posix() for path in filed.rglob("*")}
    assert {"charts/1-1-load.svg", "charts/1-1-load-appendix.svg", "charts/1-1-load-appendix.png"} <= names
    bundles = [json.loads(path.read_text()) for path in (filed / "evidence").iterdir()]
    assert sorted(str(bundle.get("kind")) for bundle in bundles) == ["None", "appendix"]
    page = (filed / "index.html").read_text()
    assert "Three windows, with 7 slots before that were read later, 2026-11-21 11:22 CET" in page
    assert page.count("<svg") == 2
    assert "12 slots of 30 s" in (filed / "charts/1-1-load-appendix.svg").read_text()
    result = verify_file(filed)
    assert (result.exit_code, "and 2 bundles prove themselves" in result.output) == (0, True), result.output


def test_a_filed_appendix_of_another_bundle_is_named(filed: Path) -> None:
    """Sums and hash made to fit, and the audit row with them, as far as its own hash lets one."""
    place = next(path for path in (filed / "evidence").iterdir() if '"appendix"' in path.read_text())
    body = place.read_text().replace('"site":"ham-01"', '"site":"lodz"')
    told = hashlib.sha256(body.encode()).hexdigest()
    place.rename(place.with_stem(told)).write_text(body)
    resummed(filed)
    result = verify_file(filed)
    assert (result.exit_code, "site: the appendix says lodz, its bundle ham-01" in result.output) == (1, True)


def test_the_help_tells_of_appendices() -> None:
    assert "appendix holds the rest" in " ".join(
        CliRunner().invoke(main, ["evidence", "show", "--help"]).output.split()
    )
