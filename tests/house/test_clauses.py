"""The table of clauses in rules/README.md is whole: every clause has a command that exists and tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from stopwatch.cli import main
from tests.house import tree

ROOT = Path(__file__).parents[2]
CHAPTER = tree.text(Path("rules/README.md")).partition("\n## What serves which clause\n")[2].partition("\n## ")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in CHAPTER.splitlines() if line.startswith("|")][
    2:
]
NAMED = {"all of it, from a checklist that fails to the handover pack"}
"""What is served by the commands above it."""
SERVED = re.compile(r"`(stopwatch [^`]+|(?:GET|POST) /[^`]+|/[^`]+|[a-z]+)`|stop rules")


def resolves(order: str) -> bool:
    """Tell whether *order* begins with commands that there are, and has only options that the last one knows."""
    command: click.Command = main
    words = order.split()[1:]
    while words and isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return False
        command, words = found, words[1:]
    known = {name for option in command.params for name in option.opts}
    return all(word.split("=")[0] in known for word in words if word.startswith("--"))


@pytest.mark.parametrize("row", [pytest.param(row, id=row[0]) for row in ROWS])
def test_a_clause_is_served_by_what_there_is_and_proven_by_tests_that_there_are(row: list[str]) -> None:
    clause, served, proven = row
    tests = re.findall(r"`(tests/[^`]+)`", proven)
    assert tests
    assert [name for name in tests if "\ndef test_" not in (ROOT / name).read_text(encoding="utf-8")] == []
    assert SERVED.search(served) or clause in NAMED
    orders = re.findall(r"`(stopwatch [^`]+)`", served)
    assert [order for order in orders if not resolves(order)] == []


def test_every_part_of_the_acceptance_criteria_has_a_row() -> None:
    letters = {letter for row in ROWS for letter in re.findall(r"\b([A-G])\b", row[0][:5])}
    assert letters == set("ABCDEFG")


def test_a_command_or_an_option_that_is_not_there_is_noticed() -> None:
    assert resolves("stopwatch rollout ready SITE --no-ask")
    assert not resolves("stopwatch rollout redy")
    assert not resolves("stopwatch rollout ready --nowhere")
