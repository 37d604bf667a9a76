"""The issue log from a terminal: ids, warnings, refusals, exports, and its place in the audit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_rollout import Shell

SCENE = ("issues", "add", "ham-01", "--actor", "cli:ida")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_an_issue_is_written_down_changed_and_resolved(shell: Shell) -> None:
    added = shell.run(*SCENE, "--severity", "sev3", "--text", "labels print twice", "--workaround", "bin one")
    assert added.stdout == "ham-01-1 (sev3) is in the log\n"
    more = ("--owner", "Ida", "--target", "2020-01-31", "--severity", "sev4")
    changed = shell.run("issues", "update", "ham-01-1", *more, "--actor", "cli:bo")
    assert changed.stdout == "ham-01-1: severity sev3 → sev4, owner none → Ida, target none → 2020-01-31\n"
    table = shell.run("issues", "list").stdout
    assert "2020-01-31 OVERDUE" in table
    assert "bin one" in table
    done = shell.run("issues", "update", "ham-01-1", "--status", "resolved", "--note", "fixed with 4.12.1")
    assert done.exit_code == 0
    (issue,) = shell.json("issues", "list")["issues"]
    assert (issue["status"], issue["overdue"], issue["opened_by"]) == ("resolved", False, "cli:ida")
    assert [one["actor"] for one in issue["history"]][:2] == ["cli:ida", "cli:bo"]
    assert issue["history"][2]["note"] == "fixed with 4.12.1"
    assert shell.json("issues", "list", "--open") == {"issues": []}
    assert shell.run("audit", "verify").exit_code == 0
    rows = [json.loads(line) for line in shell.run("audit", "export").stdout.splitlines()]
    acts = [row.get("act") or row["body"]["act"] for row in rows]
    assert [act for act in acts if str(act).startswith("issue")] == ["issue.open", "issue.update", "issue.resolve"]


def test_a_sev1_by_the_change_pauses_nothing_and_says_what_does(shell: Shell) -> None:
    said = shell.run(*SCENE, "--severity", "sev1", "--text", "no totes", "--attributable").stdout
    assert "It pauses nothing" in said
    assert "stopwatch pause ham-01 --criterion sev1 --reason TEXT" in said
    assert "No phase passes its exit gate with it." in said
    assert shell.json("decisions", "list")["decisions"] == []


@pytest.mark.parametrize(
    ("words", "code", "complaint"),
    [
        pytest.param(("add", "berlin", "--severity", "sev1", "--text", "x"), 2, "no site berlin", id="unknown site"),
        pytest.param(("add", "ham-01", "--text", "x"), 2, "severity: say how bad", id="no severity"),
        pytest.param(("add", "ham-01", "--severity", "sev9", "--text", "x"), 2, "sev9", id="unknown severity"),
        pytest.param(("add", "ham-01", "--severity", "sev1"), 2, "say what is wrong", id="no text"),
        pytest.param(("update", "ham-01-9", "--note", "x"), 1, "no issue ham-01-9", id="unknown issue"),
    ],
)
def test_what_cannot_be_written_is_refused_and_changes_nothing(
    shell: Shell, words: tuple[str, ...], code: int, complaint: str
) -> None:
    assert shell.run(*SCENE, "--severity", "sev4", "--text", "first").exit_code == 0
    refused = shell.run("issues", *words)
    assert (refused.exit_code, complaint in refused.stderr) == (code, True), refused.stderr
    assert len(shell.json("issues", "list")["issues"]) == 1


def test_the_log_is_narrowed_by_site_and_exported_as_csv(shell: Shell) -> None:
    for place in ("ham-01", "lodz", "wave-1"):
        shell.run("issues", "add", place, "--severity", "sev4", "--text", "=1+1")
    lines = shell.run("issues", "list", "--site", "lodz", "--format", "csv").stdout.splitlines()
    assert lines[0].startswith("id,site,severity")
    assert [line.split(",")[:5] for line in lines[1:]] == [["lodz-1", "lodz", "sev4", "open", "'=1+1"]]
    assert "wave-1-1" in shell.run("issues", "list").stdout
