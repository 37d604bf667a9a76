"""What is wrong with a file: where, what, and how to mend it; all of it at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST_COMPLAINTS = 500
"""More than so many complaints about one folder tell a reader nothing new."""


class Weight(StrEnum):
    """An error refuses the whole rule set; a warning lets it load."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Complaint:
    """
    One mistake in one file.

    *line* and *column* count characters from 1. *code* is the mistake's stable name, *hint* says how to mend it,
    *excerpt* is the source line, or the part of a long one (empty where it may hold a secret); *length* of its
    characters are meant, *lead* stand before them.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    severity: Weight = Weight.ERROR
    excerpt: str = field(default="", compare=False)
    length: int = field(default=1, compare=False)
    lead: int = field(default=0, compare=False)

    def headline(self) -> str:
        """Return ``file:line:column: error: message [code]``."""
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {self.message} [{self.code}]"

    def render(self) -> str:
        """Return the headline, the source line with carets below the exact columns, and the hint."""
        lines = [self.headline()]
        if self.excerpt.strip():
            number = str(self.line)
            pad = "".join("\t" if letter == "\t" else " " for letter in self.excerpt[: self.lead])
            lines += [f"  {number} | {self.excerpt}", f"  {' ' * len(number)} | {pad}{'^' * max(1, self.length)}"]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class Complaints:
    """All complaints found so far, without repetitions, in the order of the text."""

    def __init__(self) -> None:
        """Begin without any."""
        self._found: dict[Complaint, None] = {}

    def add(self, complaint: Complaint) -> None:
        """Keep *complaint* unless it was made before or there are too many to read."""
        if len(self._found) < MOST_COMPLAINTS:
            self._found.setdefault(complaint)

    def extend(self, complaints: Iterable[Complaint]) -> None:
        """Keep all *complaints*."""
        for complaint in complaints:
            self.add(complaint)

    def __iter__(self) -> Iterator[Complaint]:
        """Go through them by file, line, column, errors before warnings."""
        return iter(
            sorted(self._found, key=lambda one: (one.file, one.line, one.column, one.severity, one.code, one.message))
        )

    @property
    def error_count(self) -> int:
        """How many errors were made so far."""
        return sum(complaint.severity is Weight.ERROR for complaint in self._found)

    @property
    def errors(self) -> bool:
        """Whether any of them refuses the rule set."""
        return any(complaint.severity is Weight.ERROR for complaint in self._found)


class ComplaintsError(ConfigurationError):
    """
    Files cannot be used; nothing was loaded.

    Attributes:
        complaints: Every complaint, warnings included, in the order of the files' text.

    """

    def __init__(self, complaints: Iterable[Complaint]) -> None:
        """Say every complaint in full."""
        self.complaints = tuple(complaints)
        super().__init__("\n".join(complaint.render() for complaint in self.complaints))
