"""What ./check shows of steps that work side by side, tried on a folder in which every program is a stand-in."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from shutil import copy

import pytest

from tests.house import tree

MYPY = 'while [ $((waited += 1)) -lt 500 ] && [ ! -e begun ]; do sleep 0.02; done; [ -e begun ] && echo "mypy, beside"'
PYTEST = 'touch begun; echo "pytest, at work"'


def stand_in(path: Path, lines: str) -> None:
    """Write a program of these *lines*."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{lines}\n", encoding="utf-8")
    path.chmod(0o755)


def fast(folder: Path, *, mypy: str = MYPY, pytest: str = PYTEST) -> subprocess.CompletedProcess[str]:
    """Run ``./check --fast`` in *folder*, where mypy and pytest do as they are told and all others nothing."""
    copy(tree.ROOT / "check", folder)
    (folder / "requirements-dev.txt").touch()
    stand_in(
        folder / ".venv/bin/python",
        f'case "$*" in *"-m mypy "*) {mypy} ;; *"-m pytest "*) {pytest} ;; esac',
    )
    stand_in(folder / ".venv/bin/shellcheck", "exit 0")
    stand_in(folder / "apt/apt-get", "exit 0")
    return subprocess.run(
        ["./check", "--fast"],
        cwd=folder,
        env={"PATH": f"{folder}/apt:/usr/bin:/bin", "HOME": str(folder), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_mypy_works_beside_the_tests_and_is_shown_in_one_piece_after_them(tmp_path: Path) -> None:
    checked = fast(tmp_path)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "=== pytest\npytest, at work\n\n=== mypy --strict\nmypy, beside\n\n=== summary" in checked.stdout
    assert not list(tmp_path.glob("tmp.*"))


def test_the_summary_names_every_step_in_its_order(tmp_path: Path) -> None:
    rows = re.findall(r"^(ok|FAILED) +\d+ s  (.+)$", fast(tmp_path).stdout, re.MULTILINE)
    assert rows == [
        ("ok", name)
        for name in (
            "set-up: Debian",
            "set-up: Python",
            "ruff format",
            "ruff check",
            "mypy --strict",
            "import contracts",
            "shellcheck",
            "pytest",
        )
    ]


@pytest.mark.parametrize(
    ("mypy", "tests", "failed"),
    [
        pytest.param("echo wrong; exit 1", PYTEST, "[mypy --strict]", id="mypy beside good tests"),
        pytest.param(MYPY, f"{PYTEST}; exit 1", "[pytest]", id="tests beside a good mypy"),
        pytest.param("exit 2", "exit 2", "[pytest] [mypy --strict]", id="both"),
    ],
)
def test_a_step_that_fails_beside_another_fails_the_check(tmp_path: Path, mypy: str, tests: str, failed: str) -> None:
    checked = fast(tmp_path, mypy=mypy, pytest=tests)
    assert checked.returncode == 1
    assert checked.stdout.splitlines()[-1] == f"check: failed: {failed}"
