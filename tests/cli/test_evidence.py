"""Evidence from the command line, on a real database: shown, proven, exported; and what was tampered with is named."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import text

from stopwatch.cli import main
from stopwatch.store.connect import open_store
from stopwatch.web.pages.rendering import static_text
from tests.watch.letters import GRAIN, HAM, LODZ, T0, rule, rule_set
from tests.watch.world import Worlds

pytestmark = pytest.mark.slow

IDENTITY = "ham-01-20261121T1002Z"


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    made = Worlds(tmp_path_factory.mktemp("evidence"))
    yield made
    made.close()


@pytest.fixture
def database(worlds: Worlds) -> Path:
    """A decision whose one ground recovered, with a manual one beside it."""
    world = worlds.make(
        rule_set(rule("load", step=GRAIN), sites=(HAM, LODZ)), {("load", HAM): "CCBBBCCCC", ("load", LODZ): "C" * 9}
    )
    world.run(T0, T0 + 9 * GRAIN, every=GRAIN)
    world.stop(T0 + 9 * GRAIN, site=HAM)
    return worlds.folder / f"{len(worlds.made) - 1}.db"


def stopwatch(database: Path, *arguments: str) -> Result:
    environment = {"STOPWATCH_DATABASE_URL": f"sqlite:///{database}", "STOPWATCH_CONFIG": "rules"}
    return CliRunner().invoke(main, ["evidence", *arguments], env=environment)


def tamper(database: Path, statement: str) -> None:
    """Change the records as an administrator could: triggers off."""
    store = open_store(f"sqlite:///{database}")
    with store.writing() as tx:
        tx.connection.execute(text("DROP TRIGGER IF EXISTS evidence_update"))
        for (name,) in tx.connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            tx.connection.execute(text(f'DROP TRIGGER "{name}"'))
        tx.connection.execute(text(statement))
    store.close()


def test_a_decision_is_proven_from_the_database_alone(database: Path) -> None:
    result = stopwatch(database, "verify", IDENTITY)
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, f"{IDENTITY}: all 3 bundles prove themselves")


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        pytest.param(
            "UPDATE evidence SET body = replace(body, '9.0', '9.1')", "changed after it was frozen", id="value"
        ),
        pytest.param("UPDATE evidence SET body = body || ' '", "changed after it was frozen", id="a space"),
        pytest.param("DELETE FROM evidence", "its bundle is not stored", id="bundles gone"),
        pytest.param(
            "UPDATE grounds SET rule = 'delay' WHERE kind = 'rule'",
            "rule: the bundle says load",
            id="the ground's rule",
        ),
        pytest.param("UPDATE audit SET evidence = NULL", "does not fit the chain", id="audit rows"),
    ],
)
def test_what_was_tampered_with_is_named(database: Path, statement: str, words: str) -> None:
    tamper(database, statement)
    result = stopwatch(database, "verify", IDENTITY)
    assert (result.exit_code, words in result.output) == (1, True), result.output


@pytest.mark.parametrize("command", ["verify", "export", "show"])
def test_an_unknown_decision_is_said(database: Path, command: str) -> None:
    result = stopwatch(database, command, "nobody")
    assert (result.exit_code, "no decision nobody" in result.output) == (1, True)


def test_what_a_ground_opened_and_recovered_by_is_shown_side_by_side(database: Path) -> None:
    load, sev1 = json.loads(stopwatch(database, "show", IDENTITY).stdout)["grounds"]
    assert (load["bundle"]["change"], load["recovery"]["bundle"]["change"]) == ("opened", "recovered")
    assert load["recovery"]["bundle"]["recovers"] == load["sha256"]
    assert (sev1["bundle"]["criterion"], sev1["recovery"]) == ("sev1", None)


def test_the_folder_can_be_read_and_checked_without_stopwatch(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "filed"
    assert stopwatch(database, "export", IDENTITY, "--to", str(folder)).exit_code == 0
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert {"index.html", "README.txt", "decision.json", "audit.jsonl", "SHA256SUMS", "charts/1-1-load.svg"} <= names
    assert {"links.txt", "charts/1-1-load.png", "charts/1-1-load-recovery.svg"} <= names
    assert (folder / "charts/1-1-load.png").read_bytes().startswith(b"\x89PNG")
    lines = [line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines()]
    sums = {path: sha256 for sha256, path in lines}
    assert sums.keys() == names - {"SHA256SUMS"}
    assert {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in sums} == sums
    bundles = list((folder / "evidence").iterdir())
    assert len(bundles) == 3
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.stem for path in bundles)
    page = (folder / "index.html").read_text()
    assert "Evidence proven" in page
    assert static_text("pages.css") in page, "the style is in the page as it is, not escaped"
    assert "<link" not in page
    assert "<script" not in page
    assert json.loads((folder / "decision.json").read_text())["id"] == IDENTITY
    acts = [json.loads(line)["act"] for line in (folder / "audit.jsonl").read_text().splitlines()]
    assert acts == ["decision.open", "ground.recover", "pause"]


def test_a_zip_holds_the_same_and_is_the_same_each_time(database: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "one.zip", tmp_path / "two.zip"
    for target in (first, second):
        assert stopwatch(database, "export", IDENTITY, "--to", str(target)).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert f"{IDENTITY}/index.html" in archive.namelist()


@pytest.fixture
def filed(database: Path, tmp_path: Path) -> Path:
    """An exported folder."""
    folder = tmp_path / "filed"
    assert stopwatch(database, "export", IDENTITY, "--to", str(folder)).exit_code == 0
    return folder


def verify_file(path: Path) -> Result:
    """Verify an export with no database anywhere."""
    return CliRunner().invoke(main, ["evidence", "verify", "--file", str(path)], env={"STOPWATCH_DATABASE_URL": None})


def test_an_export_proves_itself_alone(database: Path, filed: Path, tmp_path: Path) -> None:
    result = verify_file(filed)
    assert (result.exit_code, "and 3 bundles prove themselves" in result.output) == (0, True), result.output
    archive = tmp_path / "filed.zip"
    assert stopwatch(database, "export", IDENTITY, "--to", str(archive)).exit_code == 0
    assert verify_file(archive).exit_code == 0


def resummed(folder: Path) -> None:
    """Write the sums anew, as somebody would who hides what was changed."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}" for path in paths]
    (folder / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def test_any_file_of_an_export_that_was_changed_is_named(filed: Path) -> None:
    for path in [path for path in filed.rglob("*") if path.is_file() and path.name != "SHA256SUMS"]:
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        result = verify_file(filed)
        assert (result.exit_code, path.name in result.output) == (1, True)
        path.write_bytes(whole)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(
            lambda folder: next((folder / "evidence").iterdir()).unlink(), "which is not here", id="no bundle"
        ),
        pytest.param(
            lambda folder: (folder / "evidence" / f"{'0' * 64}.json").write_text("{}"),
            "no audit row names the bundle",
            id="a bundle of nobody's",
        ),
        pytest.param(
            lambda folder: (folder / "audit.jsonl").write_text(
                (folder / "audit.jsonl").read_text().replace('"decision.open"', '"decision.join"')
            ),
            "does not have the hash it says",
            id="another act",
        ),
        pytest.param(
            lambda folder: (folder / "decision.json").write_text('{"grounds": []}'), "has no ground", id="no grounds"
        ),
        pytest.param(lambda folder: (folder / "decision.json").write_text("{"), "cannot be read", id="no JSON"),
        pytest.param(lambda folder: (folder / "audit.jsonl").write_text("[]"), "cannot be read", id="no rows"),
    ],
)
def test_sums_that_were_made_to_fit_hide_nothing(filed: Path, change: Callable[[Path], object], words: str) -> None:
    change(filed)
    resummed(filed)
    result = verify_file(filed)
    assert (result.exit_code, words in result.output) == (1, True), result.output


def test_every_value_of_a_filed_bundle_counts(filed: Path) -> None:
    bundle = next(path for path in (filed / "evidence").iterdir() if '"opened"' in path.read_text())
    lie = bundle.read_text().replace("9.0,9.0,9.0", "9.0,1.0,9.0")
    told = hashlib.sha256(lie.encode()).hexdigest()
    bundle.rename(bundle.with_stem(told)).write_text(lie)
    resummed(filed)
    assert "slot" in verify_file(filed).output


@pytest.mark.parametrize(
    "arguments",
    [pytest.param([], id="nothing to verify"), pytest.param([IDENTITY, "--file", "."], id="two things to verify")],
)
def test_what_to_verify_is_one_thing(arguments: list[str]) -> None:
    result = CliRunner().invoke(main, ["evidence", "verify", *arguments])
    assert (result.exit_code, "give the ID of a decision, or --file" in result.output) == (2, True)


def test_what_is_no_export_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("no zip")
    assert verify_file(tmp_path / "x.zip").exit_code == 2
    (tmp_path / "empty").mkdir()
    assert "there is no SHA256SUMS" in verify_file(tmp_path / "empty").output


def test_an_export_overwrites_nothing(database: Path, tmp_path: Path) -> None:
    (tmp_path / "taken.zip").write_text("precious")
    for target in (tmp_path, tmp_path / "taken.zip"):
        assert stopwatch(database, "export", IDENTITY, "--to", str(target)).exit_code == 2
    assert (tmp_path / "taken.zip").read_text() == "precious"
