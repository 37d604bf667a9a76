"""Every rule of the emulator names where it comes from."""

from pathlib import Path

from stopwatch.demo import slack
from stopwatch.demo.slack.blocks import BLOCKS
from stopwatch.demo.slack.elements import ELEMENTS
from stopwatch.demo.slack.limits import LIMITS
from stopwatch.demo.slack.methods import METHODS


def test_every_limit_block_element_and_method_has_a_row_with_its_number() -> None:
    rows = (Path(slack.__file__).parent / "SOURCES.md").read_text(encoding="utf-8").splitlines()
    missing = [f"{name} {limit}" for name, limit in LIMITS.items() if not _row(rows, name, str(limit))]
    missing += [name for name in (*BLOCKS, *ELEMENTS, *METHODS) if not _row(rows, name, "")]
    assert missing == []


def _row(rows: list[str], name: str, number: str) -> bool:
    return any(row.startswith("|") and f"`{name}`" in row and number in row for row in rows)
