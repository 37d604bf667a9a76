"""The floors of the house hold: every import contract of pyproject.toml is kept, and would be seen if it were not."""

import subprocess
import sys
from pathlib import Path
from shutil import copy

import pytest

from tests.house import tree

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the import contracts of *folder* on the package that lies in it."""
    command = [sys.executable, "-c", LINT, "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_every_import_contract_is_kept() -> None:
    linted = lint_imports(tree.ROOT)
    assert linted.returncode == 0, linted.stdout + linted.stderr
    assert " 0 broken" in linted.stdout


@pytest.mark.parametrize(
    ("module", "source", "contract"),
    [
        pytest.param("core/stray.py", "import os", "The core is pure", id="the core asks the system"),
        pytest.param("core/stray.py", "import stopwatch.store", "Floors", id="the core looks up"),
        pytest.param("slack/stray.py", "import stopwatch.store", "Floors", id="a room sees its sibling"),
        pytest.param("stray/__init__.py", "", "Floors", id="a room that is on no floor"),
        pytest.param("watch/stray.py", "import httpx", "httpx", id="a second door for httpx"),
        pytest.param("app/stray.py", "import apscheduler.triggers", "apscheduler", id="a second scheduler"),
        pytest.param("web/stray.py", "import sqlalchemy", "SQLAlchemy", id="a second door to the database"),
    ],
)
def test_a_breach_of_a_floor_is_seen(tmp_path: Path, module: str, source: str, contract: str) -> None:
    copy(tree.ROOT / "pyproject.toml", tmp_path)
    for path in tree.modules("stopwatch"):
        if path.name == "__init__.py":
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            copy(tree.ROOT / path, tmp_path / path)
    stray = tmp_path / "stopwatch" / module
    stray.parent.mkdir(exist_ok=True)
    stray.write_text(f'"""A stray."""\n{source}\n')
    linted = lint_imports(tmp_path)
    broken = [line for line in linted.stdout.splitlines() if line.endswith("BROKEN")]
    assert linted.returncode == 1, linted.stdout + linted.stderr
    assert [line.startswith(contract) for line in broken] == [True]
