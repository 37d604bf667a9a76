"""The command ``stopwatch test``: what it prints, and exit codes 0, 1 and 2."""

from __future__ import annotations

import json
import re
import textwrap
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet
from click.testing import CliRunner, Result

from stopwatch.cli import main

SHIPPED = Path(__file__).parents[2] / "rules" / "tests"
GOOD = """\
rules: [{id: r, kpi: v, op: ">", threshold: 5, sustain: {for: 10m}, step: 60s}]
tests:
  - name: held for ten minutes
    series: [{site: ham-01, kpi: v, values: "1x2 9x10"}, {site: ham-01, kpi: v, volume: true, values: "100x13"}]
    expect:
      - {site: ham-01, rule: r, at: 12m, state: pending, since: 3m}
      - {site: ham-01, rule: r, at: 13m, state: breached}
    opens: [{site: ham-01, rule: r, at: 13m}]
"""
FAILING = GOOD.replace("at: 13m, state: breached", "at: 12m, state: [ok, breached], since: 2m")
UNUSABLE = GOOD.replace("9x10", "9x10y")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name, text in (("good", GOOD), ("failing", FAILING), ("unusable", UNUSABLE)):
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def run(folder: Path, *arguments: str, color: bool = False) -> Result:
    """Run the command; arguments that end in .yaml or .json are files of *folder*."""
    files = [str(folder / one) if one.endswith((".yaml", ".json")) else one for one in arguments]
    return CliRunner().invoke(main, ["test", *files], color=color)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(["good.yaml"], 0, id="all good"),
        pytest.param(["good.yaml", "failing.yaml"], 1, id="one failed"),
        pytest.param(["unusable.yaml"], 2, id="one unusable"),
        pytest.param(["unusable.yaml", "failing.yaml", "good.yaml"], 2, id="unusable outranks failed"),
        pytest.param(["absent.yaml"], 2, id="no such file"),
        pytest.param([], 2, id="no file named"),
        pytest.param(["--no-such-option", "good.yaml"], 2, id="unknown option"),
        pytest.param(["--config", "nowhere", "good.yaml"], 0, id="a folder nobody needs"),
    ],
)
def test_the_exit_code_is_that_of_the_worst_file(here: Path, arguments: list[str], code: int) -> None:
    assert run(here, *arguments).exit_code == code


def test_a_folder_in_place_of_a_file_is_unusable(here: Path) -> None:
    result = CliRunner().invoke(main, ["test", str(here)])
    assert (result.exit_code, "is a folder" in result.stderr) == (2, True)


def test_good_tests_take_a_line_each(here: Path) -> None:
    lines = run(here, "good.yaml").stdout.splitlines()
    assert lines == [f"{here}/good.yaml", "  ok   held for ten minutes", "1 test in 1 file: 1 ok, 0 failed"]


def test_a_failure_shows_what_was_expected_and_the_slots_around_it(here: Path) -> None:
    text = run(here, "failing.yaml").stdout.replace(str(here), "HERE")
    assert text == textwrap.dedent(
        """\
        HERE/failing.yaml
          FAIL held for ten minutes
               line 7: expect: ham-01 r at 12m
                 expected  state ok or breached, since 2m
                 got       state pending, since 3m
                 slots     CCCBBBBBBBBBBB
                                       ^ slot 12, 12m
                 verdict   clear: 10 of the newest 11 samples breach, 11 of 11 needed; 11 of 11 samples there
                 because   too few breach, even if every missing slot did
        1 test in 1 file: 0 ok, 1 failed
        """
    )


def test_letters_are_coloured_only_on_a_terminal(here: Path) -> None:
    coloured = run(here, "failing.yaml", color=True).stdout
    assert "\x1b[31mB\x1b[0m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == run(here, "failing.yaml").stdout


def test_an_unusable_file_says_where_and_stops_no_other(here: Path) -> None:
    result = run(here, "unusable.yaml", "good.yaml")
    assert f"{here}/unusable.yaml:4:50: error: '9x10y'" in result.stderr
    assert "ok   held for ten minutes" in result.stdout
    assert result.stdout.splitlines()[-1] == "1 test in 2 files: 1 ok, 0 failed, 1 file unusable"


def test_quiet_prints_only_what_is_wrong(here: Path) -> None:
    assert run(here, "-q", "good.yaml").output == ""
    lines = run(here, "-q", "good.yaml", "failing.yaml").output.splitlines()
    assert lines[0] == f"{here}/failing.yaml:3: FAIL held for ten minutes"


def test_json_has_the_same_facts(here: Path) -> None:
    told = json.loads(run(here, "--format", "json", "good.yaml", "failing.yaml", "unusable.yaml").stdout)
    good, failing, unusable = told["files"]
    assert told["summary"] == {"files": 3, "unusable": 1, "tests": 2, "ok": 1, "failed": 1}
    assert (good["ok"], good["tests"][0]["failures"]) == (True, [])
    (failure,) = failing["tests"][0]["failures"]
    assert failure["expected"] == {"state": ["ok", "breached"], "since": "2m"}
    assert failure["got"] == {"state": "pending", "since": "3m"}
    assert (failure["line"], failure["at"], failure["slot"]) == (7, "12m", 12)
    assert failure["strip"] == {"first_slot": 0, "classes": "CCCBBBBBBBBBBB"}
    assert (failure["verdict"]["low"], failure["verdict"]["m"], failure["verdict"]["branch"]) == (
        10,
        11,
        "too_few_even_if_missing_breached",
    )
    assert [(one["line"], one["column"], one["code"]) for one in unusable["complaints"]] == [(4, 50, "bad-series")]


MANY = """\
rules:
  - {id: r, kpi: v, op: ">", threshold: 5, sustain: {m: 1, n: 1}}
  - {id: b, kpi: v, op: ">", threshold: {baseline: median, factor: 2}, sustain: {m: 1, n: 1}}
tests:
  - name: "a strip\\u001b[2J far from its beginning"
    activated: 1m
    series: [{site: a, kpi: v, values: "9 1x98 9 1x20"}]
    opens: [{site: a, rule: r, at: 3m}]
    closes: [{site: a, rule: r, at: 100m}]
  - {name: before activation, activated: 5m, series: [{site: a, kpi: v, values: 1x9 E}],
     expect: [{site: a, rule: r, at: 2m, state: error}, {site: a, rule: r, at: 9m, state: no_data, reason: missing}]}
  - {name: no baseline, series: [{site: a, kpi: v, values: 1x9}], expect: [{site: a, rule: b, at: 2m, state: ok}]}
"""


def test_failures_of_every_kind_are_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "many.yaml").write_text(MANY)
    text = run(tmp_path, "many.yaml").stdout
    for words in (
        "a strip�[2J far",
        "opens: a r at 3m\n         expected  opens\n         got       nothing opens (now ok)",
        "slots     ·CCCCCCCCCCC…",
        "expected  no such entry in opens\n         got       opens here\n         slots    …CCCC",
        "not judged: before activation",
        "got       state ok, reason none",
        "then 1 failed evaluation",
        "every slot is a failed evaluation: no baseline median of v is frozen for this site",
        "3 tests in 1 file: 0 ok, 3 failed",
    ):
        assert words in text
    json.loads(run(tmp_path, "--format", "json", "many.yaml").stdout)


def test_the_example_of_the_manual_runs(tmp_path: Path) -> None:
    manual = CliRunner().invoke(main, ["test", "--help"]).stdout
    example = textwrap.dedent(re.split(r"folder\):\n\s*\n", manual)[1].split("Exit code")[0])
    (tmp_path / "example.yaml").write_text(example)
    assert run(tmp_path, "example.yaml").exit_code == 0


def shipped() -> list[ParameterSet]:
    """Every shipped test file; those with raw series start a Prometheus for each test."""
    marks = {file: [pytest.mark.slow] * ("input_series" in file.read_text()) for file in sorted(SHIPPED.glob("*.yaml"))}
    return [pytest.param(file, id=file.stem, marks=marks[file]) for file in marks]


@pytest.mark.parametrize("file", shipped())
def test_the_shipped_rules_pass_their_tests(file: Path) -> None:
    result = CliRunner().invoke(main, ["test", str(file)])
    assert result.exit_code == 0, result.output


def test_every_shipped_rule_has_tests() -> None:
    rules = (SHIPPED.parent / "stop-rules.yaml").read_text()
    tested = "".join(file.read_text() for file in SHIPPED.glob("*.yaml"))
    named = re.findall(r"^  - id: (\S+)", rules, re.MULTILINE)
    assert named
    assert [rule for rule in named if f"rule: {rule}," not in tested] == []
