"""Tables as CSV that a spreadsheet shows and never computes."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class _Lines:
    """What the writer of the standard library writes to."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, line: str) -> None:
        self.lines.append(line)


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write *rows* under a heading, as RFC 4180 has it, every cell safe."""
    written = _Lines()
    table = csv.writer(written, lineterminator="\r\n")
    table.writerow(columns)
    table.writerows([safe_cell(cell) for cell in row] for row in rows)
    return "".join(written.lines)


def safe_cell(cell: str) -> str:
    """Keep a spreadsheet from computing what somebody typed as a reason, also behind blanks that it would drop."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
