"""Our charts as PNG, drawn with the font that lies beside this file, so that every machine draws the same picture."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from stopwatch.web.charts.chart import HEIGHT, WIDTH, draw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.web.charts.chart import Chart

FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
ZOOM = 2
"""Pixels for each unit of the SVG: sharp on the screens of phones."""


def png(svg: str, *, zoom: int = ZOOM) -> bytes:
    """
    Return an SVG of ours as PNG, *zoom* pixels for each of its units.

    Raises:
        ValueError: It is no SVG that can be drawn.

    """
    from resvg_py import svg_to_bytes  # noqa: PLC0415 – seven megabytes that only who draws a picture pays for

    return svg_to_bytes(
        svg_string=svg, zoom=zoom, skip_system_fonts=True, font_files=_fonts(), font_family="DejaVu Sans"
    )


def sheet(charts: Sequence[Chart]) -> str:
    """Return charts one below the other as one SVG."""
    parts = [
        f'<g transform="translate(0 {HEIGHT * place})">{draw(chart, name=f"c{place}")}</g>'
        for place, chart in enumerate(charts)
    ]
    size = f'width="{WIDTH}" height="{HEIGHT * len(charts)}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'


@cache
def _fonts() -> list[str]:
    return [str(resources.files("stopwatch.web.charts") / "fonts" / name) for name in FONTS]
