"""A picture of changes: each KPI a bar from its baseline to now, longer the more it changed, to the right the worse."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.web.reports.document import Change, Changes

WIDTH = 960
_LEFT, _RIGHT, _TOP, _ROW, _BAR = 300, 90, 34, 24, 10
_LEAST, _MOST = 1.5, 16.0
"""The scale reaches at least so many times to both sides, and at most so many; what is beyond ends at the edge."""
_CLIPPED = 44
_GOOD, _BAD = "#0b4f8a", "#b3261e"


def changes_svg(changes: Changes) -> str:
    """
    Return an inline SVG on a logarithmic scale of how many times worse each KPI is; the band is shaded.

    A KPI of which nothing can be told has no bar and says so.
    """
    known = [abs(math.log(row.worse)) for row in changes.rows if row.worse]
    reach = min(math.log(_MOST), max(math.log(_LEAST), math.log(changes.band) * 1.5, *known))
    height = _TOP + _ROW * len(changes.rows) + 30
    words = escape(f"Changes of {len(changes.rows)} KPIs against their baselines")
    size = f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-size="12"'
    bottom = _TOP + _ROW * len(changes.rows)
    band = _x(changes.band, reach)
    parts = [
        f'<svg class="timeline changes" {size} role="img" aria-label="{words}"><title>{words}</title>',
        (
            f'<rect class="b-band" x="{_LEFT}" y="{_TOP - 6}" width="{band - _LEFT}" height="{bottom - _TOP + 6}" '
            f'fill="#0b4f8a" fill-opacity=".08"><title>the band: up to {changes.band:g} times worse</title></rect>'
        ),
        f'<text class="soft" x="{_LEFT}" y="{_TOP - 14}">better</text>',
        f'<text class="soft" x="{WIDTH - _RIGHT}" y="{_TOP - 14}" text-anchor="end">worse</text>',
        *_marks(changes, reach, bottom),
    ]
    for place, row in enumerate(changes.rows):
        parts.extend(_row(row, reach, _TOP + _ROW * place))
    return "".join([*parts, "</svg>"])


def _marks(changes: Changes, reach: float, bottom: int) -> Iterator[str]:
    """Yield the baseline and the edge of the band, each with its word below."""
    for factor, word in ((1.0, "baseline"), (changes.band, f"× {changes.band:g}")):
        x = _x(factor, reach)
        anchor = "end" if factor == 1.0 else "start"
        yield f'<path class="grid" d="M{x} {_TOP - 6}V{bottom}" stroke="#8a93a0"/>'
        yield f'<text class="soft" x="{x}" y="{bottom + 18}" text-anchor="{anchor}">{word}</text>'


def _row(row: Change, reach: float, top: int) -> Iterator[str]:
    name = row.title if len(row.title) <= _CLIPPED else f"{row.title[: _CLIPPED - 1]}…"
    middle = top + _ROW // 2
    yield f'<text class="ink" x="{_LEFT - 10}" y="{middle + 4}" text-anchor="end">{escape(name)}</text>'
    if row.worse is None:
        yield f'<text class="soft" x="{WIDTH - _RIGHT + 8}" y="{middle + 4}">no number</text>'
        return
    start, end = sorted((_x(1.0, reach), _x(row.worse, reach)))
    colour, kind = (_BAD, "b-paused") if row.bad else (_GOOD, "b-change")
    yield (
        f'<rect class="{kind}" x="{start}" y="{middle - _BAR // 2}" width="{max(3, end - start)}" height="{_BAR}" '
        f'rx="2" fill="{colour}"><title>{escape(row.words)}</title></rect>'
    )
    yield f'<text class="ink" x="{WIDTH - _RIGHT + 8}" y="{middle + 4}">{escape(_amount(row.worse))}</text>'


def _amount(worse: float) -> str:
    if f"{worse:.2f}" == "1.00":
        return "as before"
    return f"{worse:.3g} × worse" if worse > 1 else (f"{1 / worse:.3g} × better" if worse else "now zero")


def _x(worse: float, reach: float) -> int:
    """Return where a factor lies; zero, the best there is, at the left edge."""
    place = max(-reach, min(reach, math.log(worse))) if worse > 0 else -reach
    return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * (place + reach) / (2 * reach))
