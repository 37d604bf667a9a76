"""Complaints about rule files as text for people, JSON for editors and CI, or annotations of GitHub."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.config.complaint import Complaint


def write_complaints(complaints: Sequence[Complaint], form: str) -> None:
    """Write *complaints* in the *form* text, json or github."""
    if form == "json":
        write_json({"complaints": [plain(complaint) for complaint in complaints]})
        return
    for complaint in complaints:
        click.echo(annotation(complaint) if form == "github" else complaint.render())


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
    file = _escaped(complaint.file).replace(":", "%3A").replace(",", "%2C")
    end = complaint.column + complaint.length
    place = f"file={file},line={complaint.line},col={complaint.column},endColumn={end},title={complaint.code}"
    return f"::{complaint.severity} {place}::{_escaped(text)}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
