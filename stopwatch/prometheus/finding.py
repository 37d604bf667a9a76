"""What a check has to say about one expression."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """An error keeps the file from loading; a warning is said aloud."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One remark: *code* is stable, *message* says what is wrong, *hint* what to write instead.

    *column* is the offset in the expression, in characters from 0, where a caret belongs.
    """

    code: str
    severity: Severity
    message: str
    hint: str
    column: int
