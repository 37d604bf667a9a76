"""The command ``stopwatch check``: what it prints in its forms, which folder it reads, and exit codes 0, 1 and 2."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stopwatch.cli import main
from tests.config import golden

SHIPPED = Path(__file__).parents[2] / "rules"


def run(*arguments: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)], env=env)


def folder_with(tmp_path: Path, case: str) -> Path:
    """A folder of good files with those of *case* in place of its own."""
    folder = tmp_path / "rules"
    shutil.copytree(golden.GOOD, folder)
    shutil.copytree(golden.BAD / case, folder, dirs_exist_ok=True)
    return folder


@pytest.mark.parametrize(
    ("case", "strict", "code"),
    [
        pytest.param("comparison", False, 1, id="an error"),
        pytest.param("wide-range", False, 0, id="a warning"),
        pytest.param("wide-range", True, 1, id="a warning, strictly"),
        pytest.param("kpis-missing", False, 1, id="a file without its list"),
    ],
)
def test_the_exit_code_tells_errors_from_warnings(tmp_path: Path, case: str, code: int, *, strict: bool) -> None:
    result = run(folder_with(tmp_path, case), *(["--strict"] if strict else []))
    assert result.exit_code == code, result.output


def test_the_shipped_rules_are_without_any_complaint() -> None:
    result = run(SHIPPED, "--strict")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "0 errors, 0 warnings" in result.stdout


def test_a_caret_stands_below_the_column_of_the_query(tmp_path: Path) -> None:
    lines = run(folder_with(tmp_path, "promql-in-quotes")).stdout.splitlines()
    assert lines[1].index("> 2") == lines[2].index("^")


def test_a_missing_file_is_a_finding_and_a_missing_folder_is_bad_usage(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "wide-range")
    (folder / "rollout.yaml").unlink()
    missing = run(folder)
    assert (missing.exit_code, "[file-missing]" in missing.stdout) == (1, True)
    nowhere = run(tmp_path / "nowhere")
    assert (nowhere.exit_code, nowhere.stdout) == (2, "")
    assert "nowhere does not exist" in nowhere.stderr
    assert run(folder / "kpis.yaml").exit_code == 2


def test_the_folder_is_the_argument_else_the_option_else_the_setting_else_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_with(tmp_path, "comparison")
    env = {"STOPWATCH_CONFIG": str(folder)}
    assert run(env=env).exit_code == 1
    assert run("--config", SHIPPED, env=env).exit_code == 0
    assert run(SHIPPED, "--config", folder, env=env).exit_code == 0
    monkeypatch.chdir(tmp_path)
    assert run(env={"STOPWATCH_CONFIG": ""}).stderr.startswith("rules: 1 error")


def test_settings_that_have_nothing_to_do_with_files_are_not_read() -> None:
    env = {"STOPWATCH_DATABASE_URL": "nonsense", "STOPWATCH_LISTEN": "0.0.0.0:1", "STOPWATCH_MISSPELT": "x"}
    assert run(SHIPPED, env=env).exit_code == 0


def test_json_says_for_each_complaint_what_an_editor_needs(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, "fraction-zero")
    result = run(folder, "--format", "json")
    [complaint] = json.loads(result.stdout)["complaints"]
    assert complaint.pop("message")
    assert isinstance(complaint.pop("hint"), str)
    line = (folder / "stop-rules.yaml").read_text().splitlines()[complaint["line"] - 1]
    assert line[complaint["column"] - 1 : complaint["end_column"] - 1] == "0"
    assert complaint | {"line": 0, "column": 0, "end_column": 0} == {
        "file": str(folder / "stop-rules.yaml"),
        "line": 0,
        "column": 0,
        "end_column": 0,
        "severity": "error",
        "code": "out-of-range",
    }


def test_annotations_are_one_line_each_with_their_signs_escaped(tmp_path: Path) -> None:
    lines = run(folder_with(tmp_path, "percent-sign"), "--format", "github").stdout.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("::error file=")
    assert ",line=" in lines[0]
    assert "%" not in lines[0].replace("%25", "")
