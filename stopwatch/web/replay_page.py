"""A replay as one page that needs nothing else: timelines, values with their limits, sums and variants."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from stopwatch.core.grid import EPOCH
from stopwatch.web.charts.replay_svg import HEIGHT, WIDTH, Axis, band, scale, strips

if TYPE_CHECKING:
    from collections.abc import Sequence

TICKS = 9
LAST_TICK = 92.0
"""The percent up to which a tick is written; later ones would stand beyond the edge."""
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
YEAR = timedelta(days=365)
_STEPS = (
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720)),
    *(timedelta(days=days) for days in (1, 2, 4, 7)),
)


@dataclass(frozen=True, slots=True)
class Line:
    """
    The values of one condition: least and greatest of every *width* slots, NaN where none came.

    *words* say the condition, the others how the limit, the least and the greatest value of all are written.
    """

    name: str
    width: int
    lows: Sequence[float]
    highs: Sequence[float]
    limit: float
    recovery: float
    words: str
    limit_words: str
    low_words: str
    high_words: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A state or a decision from *begin* to *end* (of the page where it lasts); *words* tell of it."""

    kind: str
    begin: datetime
    end: datetime
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One rule at a site: one class a slot from *begin* on, its states, its values, and what it came to in words."""

    rule: str
    begin: datetime
    step: timedelta
    classes: bytes
    states: Sequence[Bar]
    lines: Sequence[Line]
    words: str
    notable: bool
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class SiteSection:
    """One site with its decisions and its rules."""

    name: str
    phase: str
    decisions: Sequence[Bar]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Page:
    """A whole replay from *start* to *end*; *facts* are (what, how much), *variants* a table with its heading first."""

    title: str
    start: datetime
    end: datetime
    revision: str
    facts: Sequence[tuple[str, str]]
    sites: Sequence[SiteSection]
    variants: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, slots=True)
class _Chart:
    """One curve with the heights, 0 at the top, of its limits and of its least and greatest value."""

    line: Line
    path: str
    limit: float
    recovery: float | None
    ends: list[tuple[float, str]]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """One row as the template shows it."""

    row: Row
    strips: dict[str, str]
    states: list[tuple[Bar, float, float]]
    charts: list[_Chart]


def render(page: Page) -> str:
    """Return the page as HTML without scripts or anything from elsewhere."""
    environment = Environment(
        loader=PackageLoader("stopwatch.web"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    span = _Span(page.start, page.end)
    sections = [
        (site, [(bar, *span.bar(bar)) for bar in site.decisions], [_drawn(row, span) for row in site.rows])
        for site in page.sites
    ]
    notable = [row.row.notable for _, _, rows in sections for row in rows]
    return environment.get_template("replay.html").render(
        page=page, sections=sections, ticks=span.ticks(), width=WIDTH, height=HEIGHT, open_all=not any(notable)
    )


@dataclass(frozen=True, slots=True)
class _Span:
    start: datetime
    end: datetime

    def x(self, at: datetime) -> float:
        whole = (self.end - self.start).total_seconds() or 1.0
        return WIDTH * min(1.0, max(0.0, (at - self.start).total_seconds() / whole))

    def bar(self, bar: Bar) -> tuple[float, float]:
        """Return where a bar begins and how wide it is; what is short can still be seen."""
        left = min(self.x(bar.begin), WIDTH - 1)
        return left, max(1.0, self.x(bar.end) - left)

    def axis(self, begin: datetime, step: timedelta) -> Axis:
        return Axis(self.x(begin), WIDTH * (step / (self.end - self.start)) if self.end > self.start else WIDTH)

    def ticks(self) -> list[tuple[float, str]]:
        """Return at most `TICKS` round instants with their places in percent."""
        whole = self.end - self.start
        apart = next((step for step in _STEPS if whole / step < TICKS), _STEPS[-1] * max(1, whole // (7 * WEEK)))
        days = "%d %b %Y" if whole > YEAR else "%d %b"
        form = days if apart >= DAY else "%H:%M" if whole < DAY else f"{days} %H:%M"
        at = EPOCH - (EPOCH - self.start) // apart * apart
        found = []
        while at < self.end:
            place = 100 * self.x(at) / WIDTH
            if place <= LAST_TICK:
                found.append((place, f"{at:{form}}"))
            at += apart
        return found


def _drawn(row: Row, span: _Span) -> _Drawn:
    charts = [_chart(line, span.axis(row.begin, line.width * row.step)) for line in row.lines]
    states = [(bar, *span.bar(bar)) for bar in row.states]
    return _Drawn(row, strips(row.classes, span.axis(row.begin, row.step)), states, charts)


def _chart(line: Line, axis: Axis) -> _Chart:
    height = scale(line.lows, line.highs, (line.limit, line.recovery))
    limit = height.y(line.limit)
    numbers = [value for value in (*line.lows, *line.highs) if not math.isnan(value)]
    ends = [(height.y(max(numbers)), line.high_words), (height.y(min(numbers)), line.low_words)] if numbers else []
    return _Chart(
        line,
        band(line.lows, line.highs, axis, height),
        limit,
        height.y(line.recovery) if line.recovery != line.limit else None,
        ends,
    )
