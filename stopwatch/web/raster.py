"""Our charts as PNG, drawn with the font that lies beside this file, so that every machine draws the same picture."""

from __future__ import annotations

from functools import cache
from importlib import resources

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


@cache
def _fonts() -> list[str]:
    return [str(resources.files("stopwatch.web") / "fonts" / name) for name in FONTS]
