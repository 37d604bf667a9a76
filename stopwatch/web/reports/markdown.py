"""A report as Markdown (GitHub's tables); charts are left out, as their numbers stand in tables; a course is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.web.reports.document import Document, Section, Table

_MARKS = re.compile(r"([\\`*\[\]<>|]|(?<!\w)_|_(?!\w)|^[#+-](?=\s))")
_NUMBER = re.compile(r"^(\d+)([.)])(?=\s)")
_WEB = re.compile(r"https?://[^\s<>|]+")


def markdown(document: Document) -> str:
    """Write *document*."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Document) -> Iterator[str]:
    yield f"# {_safe(document.title)}{f': {_safe(document.word)}' if document.word else ''}"
    for words in document.lead:
        yield from ("", _safe(words))
    for section in document.sections:
        yield from _section(section)
    if document.foot:
        yield from ("", "---")
    for words in document.foot:
        yield from ("", _safe(words))


def _section(section: Section) -> Iterator[str]:
    yield from ("", f"## {_safe(section.title)}")
    for words in section.text:
        yield from ("", _safe(words))
    items = (*section.items, *_course(section))
    if items:
        yield ""
    for item in items:
        yield f"- {_safe(item)}"
    if section.table is not None:
        yield from ("", *_table(section.table))


def _course(section: Section) -> Iterator[str]:
    """Yield what the bars of a timeline say."""
    if section.timeline is not None:
        yield from (bar.words for _name, bars in section.timeline.rows for bar in bars)


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(_safe(column) for column in table.columns)} |"
    yield f"|{'---|' * len(table.columns)}"
    for row in table.rows:
        yield f"| {' | '.join(_safe(cell) for cell in row)} |"


def _safe(text: str) -> str:
    """Return foreign text on one line in which no letter means anything to Markdown; a bare address stays one."""
    line = " ".join(text.split())
    return f"<{line}>" if _WEB.fullmatch(line) else _NUMBER.sub(r"\1\\\2", _MARKS.sub(r"\\\1", line))
