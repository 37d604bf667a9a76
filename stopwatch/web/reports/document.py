"""A report before it is written in any form: plain words first, then tables and charts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import Unit


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of plain text under *columns*; a cell that is a web address becomes a link."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a timeline; *kind* is live, paused, overridden or blind, *words* say the same."""

    kind: str
    start: datetime
    end: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Timeline:
    """One row of bars for each site, over the same time."""

    start: datetime
    end: datetime
    rows: tuple[tuple[str, tuple[Bar, ...]], ...]


@dataclass(frozen=True, slots=True)
class Trend:
    """A KPI at a site at each of its checkpoints, oldest first, NaN where it had no value."""

    title: str
    unit: Unit
    values: tuple[float, ...]
    breaching: tuple[bool, ...]
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A KPI that is so many times *worse* than before (below 1: better; None: not known), in *words* too."""

    title: str
    worse: float | None
    words: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """KPIs against their baselines; up to *band* times worse they count as within it."""

    band: float
    rows: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """
    One part of a report.

    *text* are paragraphs, *items* a list; *brief* is what of it a short message says (nothing: it is left out there).
    """

    title: str
    text: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    table: Table | None = None
    timeline: Timeline | None = None
    trends: tuple[Trend, ...] = ()
    changes: Changes | None = None
    brief: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole report; *word* is its verdict in a word (empty: none), *lead* says in plain words what matters."""

    title: str
    lead: tuple[str, ...]
    sections: tuple[Section, ...]
    foot: tuple[str, ...] = ()
    word: str = ""


BRIEF_LINES = 8


def message_facts(document: Document, *, link: str | None = None) -> dict[str, object]:
    """Return the short form of a report as JSON values, from which a message is rendered; *link* leads to the whole."""
    sections = []
    for section in document.sections:
        if section.brief:
            rest = len(section.brief) - BRIEF_LINES
            lines = [*section.brief[:BRIEF_LINES], *([f"and {rest} more"] if rest > 0 else [])]
            sections.append({"title": section.title, "lines": lines})
    title = f"{document.title}: {document.word}" if document.word else document.title
    facts: dict[str, object] = {"title": title, "lead": list(document.lead), "sections": sections}
    facts["foot"] = list(document.foot)
    return facts | ({"link": link} if link else {})
