"""Complaints about rule files as text for people, JSON for editors and CI, or annotations of GitHub."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.config.complaint import Complaint
    from stopwatch.core.checkup import Checkup


def write_complaints(complaints: Sequence[Complaint], *, github: bool) -> None:
    """Write *complaints* for people, or as annotations."""
    for complaint in complaints:
        click.echo(annotation(complaint) if github else complaint.render())


def as_json(complaints: Sequence[Complaint], checkup: Checkup | None) -> dict[str, object]:
    """Return everything for editors and CI; what the live check found only if it was made."""
    found: dict[str, object] = {"complaints": [plain(complaint) for complaint in complaints]}
    if checkup is not None:
        found["sources"] = [
            {
                "name": state.name,
                "url": state.url,
                "version": state.version,
                "skew_seconds": None if state.skew is None else state.skew.total_seconds(),
            }
            for state in checkup.sources
        ]
        found["cells"] = [asdict(cell) for cell in checkup.cells]
        found["findings"] = [asdict(finding) for finding in checkup.findings]
        found["notes"] = list(checkup.notes)
    return found


def plain(complaint: Complaint) -> dict[str, object]:
    """Return *complaint* as JSON: lines and columns count characters from 1, end_column is the one behind its end."""
    return {
        "file": complaint.file,
        "line": complaint.line,
        "column": complaint.column,
        "end_column": complaint.column + complaint.length,
        "severity": complaint.severity.value,
        "code": complaint.code,
        "message": complaint.message,
        "hint": complaint.hint,
    }


def annotation(complaint: Complaint) -> str:
    """Write an annotation; its reader wants %, newlines and, in properties, colons and commas escaped."""
    text = f"{complaint.message}. {complaint.hint}" if complaint.hint else complaint.message
    file = escaped(complaint.file).replace(":", "%3A").replace(",", "%2C")
    end = complaint.column + complaint.length
    place = f"file={file},line={complaint.line},col={complaint.column},endColumn={end},title={complaint.code}"
    return f"::{complaint.severity} {place}::{escaped(text)}"


def counted(number: int, what: str) -> str:
    """Return ``1 error``, ``2 errors``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def escaped(text: str) -> str:
    """Return *text* as annotations want it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
