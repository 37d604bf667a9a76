"""The changelog, the README, the requirements and the exceptions to the rules keep their form."""

import re
import tomllib
from pathlib import Path

import pytest

from stopwatch import __version__
from tests.house import tree

SECTIONS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
NEVER_TRIED = ["real Slack", "Grafana", "a Kubernetes cluster", "Prometheus 3", "docker"]
PROJECT = tomllib.loads(tree.text(Path("pyproject.toml")))


def complaints_about_changelog(lines: list[str]) -> list[str]:
    """What is wrong with *lines* by the rules of Keep a Changelog and ours, each with its line."""
    complaints, seen_version = [], False
    for number, line in enumerate(lines, start=1):
        if line.startswith("## "):
            seen_version = True
            good = re.fullmatch(r"## \[(Unreleased|\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2})\]?", line)
        elif line.startswith("### "):
            good = re.fullmatch(r"### (\w+)", line)
            good = good if good and good[1] in SECTIONS else None
        elif line.startswith("- ") and seen_version:
            good = re.match(r"- (\*\*)?[`\w./-]+( [`\w./-]+)?(\*\*)?: \S", line)
        else:
            continue
        if not good:
            complaints.append(f"{number}: {line}")
    return complaints


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        pytest.param("## [Unreleased]", True, id="unreleased"),
        pytest.param("## [1.0.0] - 2026-11-21", True, id="released"),
        pytest.param("## 1.0.0", False, id="no brackets"),
        pytest.param("### Improved", False, id="unknown section"),
        pytest.param("- cli: `stopwatch gate` says why", True, id="area and text"),
        pytest.param("- Made everything better", False, id="no area"),
    ],
)
def test_a_line_of_the_changelog_is_judged_by_its_form(line: str, *, verdict: bool) -> None:
    assert (complaints_about_changelog(["## [Unreleased]", line]) == []) is verdict


def test_the_changelog_keeps_its_form() -> None:
    lines = tree.text(Path("CHANGELOG.md")).splitlines()
    assert "## [Unreleased]" in lines
    assert complaints_about_changelog(lines) == []


def test_the_readme_says_what_was_never_tried() -> None:
    table = tree.text(Path("README.md")).partition("## Never tried here")[2].partition("\n## ")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("|")]
    assert [row for row in NEVER_TRIED if row not in rows] == []


def test_the_readme_names_the_two_commands() -> None:
    readme = tree.text(Path("README.md"))
    assert [command for command in ("`./demo`", "`./check`") if command not in readme] == []


def test_every_rule_that_is_not_applied_states_its_reason() -> None:
    lines = tree.text(Path("pyproject.toml")).splitlines()
    rules = [line for line in lines if re.match(r'\s*"[A-Z]+[0-9]*",', line)]
    assert rules
    assert [line for line in rules if not re.search(r",\s+# \S+ \S+", line)] == []


def test_the_version_is_said_in_one_place() -> None:
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


def pinned(name: str) -> dict[str, int]:
    """How many hashes the requirements file *name* gives for each package."""
    blocks = re.split(r"\n(?=\S)", tree.text(Path(name)))
    matches = [(re.match(r"([a-z0-9-]+)==", block), block) for block in blocks]
    assert all(match for match, _ in matches)
    return {match[1]: block.count("--hash=sha256:") for match, block in matches if match}


def named(requirements: list[str]) -> set[str]:
    """The names of *requirements* as a requirements file spells them."""
    return {re.split(r"[\[<>=!~; ]", entry)[0].lower().replace(".", "-").replace("_", "-") for entry in requirements}


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_carries_its_hashes(name: str) -> None:
    assert [package for package, hashes in pinned(name).items() if not hashes] == []
    assert "://" not in tree.text(Path(name))


def test_the_requirements_hold_what_the_project_asks_for() -> None:
    project = PROJECT["project"]
    running = named([*project["dependencies"], *project["optional-dependencies"]["postgres"]])
    developing = running | named(PROJECT["dependency-groups"]["dev"])
    assert running - pinned("requirements.txt").keys() == set()
    assert developing - pinned("requirements-dev.txt").keys() == set()


def test_development_pins_the_versions_that_run() -> None:
    versions = [
        set(re.findall(r"^[a-z0-9-]+==\S+", tree.text(Path(f"requirements{kind}.txt")), re.MULTILINE))
        for kind in ("", "-dev")
    ]
    assert versions[0] - versions[1] == set()
