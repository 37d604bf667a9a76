"""The chart as a picture: as large as it says, with letters, the same on every machine, and paid for by who draws."""

from __future__ import annotations

import re
import struct
import subprocess
import sys

import pytest

from stopwatch.web.charts.chart import HEIGHT, WIDTH, draw
from stopwatch.web.charts.raster import png
from tests.web.test_chart import CHARTS

pytestmark = pytest.mark.slow

HEADER = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_becomes_a_picture_of_twice_its_size(name: str) -> None:
    picture = png(draw(CHARTS[name]))
    assert picture.startswith(HEADER)
    assert struct.unpack(">II", picture[16:24]) == (2 * WIDTH, 2 * HEIGHT)
    assert len(picture) < 200_000


def test_the_letters_come_from_the_font_that_is_shipped() -> None:
    svg = draw(CHARTS["chart_breach"])
    silent = re.sub(r"<text.*?</text>", "", svg)
    assert len(png(silent)) < len(png(svg)), "without a font no letter is drawn"
    lodz = draw(CHARTS["chart_one_slot"]).replace("Hamburg", "Łódź Ελλάδα Київ")
    assert png(lodz) != png(lodz.replace("Łódź", "\ue000\ue000\ue000\ue000"))


def test_what_is_no_svg_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\S"):
        png("<p>no picture</p>")


def test_nobody_pays_for_pictures_who_draws_none() -> None:
    program = "import sys, stopwatch.web.charts.raster, stopwatch.web.filing; print('resvg_py' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
