"""A sparkline shows any values inside its small picture and says them in words too."""

from __future__ import annotations

import math
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.core.kpi import Unit
from stopwatch.web.charts.sparkline import HEIGHT, WIDTH, sparkline

GOLDEN = Path(__file__).parent / "golden" / "sparkline.svg"
nan, inf = math.nan, math.inf
LATE = [0.01, 0.02, nan, 0.03, 0.06, 0.07, 0.074]


def spark(values: list[float], limit: float | None = 0.05) -> str:
    """A sparkline of a ratio that breaches above *limit*."""
    breaching = [limit is not None and value > limit for value in values]
    return sparkline(values, limit=limit, breaching=breaching, title="Late orders", unit=Unit.RATIO)


def words_of(svg: str) -> str:
    return ET.fromstring(svg).attrib["aria-label"]  # noqa: S314 – our own text


def test_a_sparkline_looks_as_it_did_when_somebody_looked_at_it() -> None:
    assert spark(LATE) + "\n" == GOLDEN.read_text()


@pytest.mark.parametrize(
    ("values", "limit", "words"),
    [
        pytest.param(
            LATE,
            0.05,
            "Late orders: newest 7.4 %, limit 5 %, least 1 %, greatest 7.4 %, 3 of 7 slots breach, 1 missing",
            id="breach",
        ),
        pytest.param([0.01], None, "Late orders: newest 1 %, least 1 %, greatest 1 %, 0 of 1 slots breach", id="one"),
        pytest.param(
            [nan], 0.05, "Late orders: newest value missing, limit 5 %, 0 of 1 slots breach, 1 missing", id="gap"
        ),
        pytest.param([], 0.05, "Late orders: no values yet, limit 5 %", id="nothing"),
    ],
)
def test_the_words_carry_the_numbers(values: list[float], limit: float | None, words: str) -> None:
    assert words_of(spark(values, limit)) == words


@given(
    values=st.lists(st.floats() | st.sampled_from([0.0, 5e-324, 1.7e308, -1.7e308]), max_size=400),
    limit=st.none() | st.floats(allow_nan=False),
)
def test_any_values_are_drawn_inside_the_picture(values: list[float], limit: float | None) -> None:
    root = ET.fromstring(spark(values, limit))  # noqa: S314 – our own text
    for path in root.iter("path"):
        assert re.fullmatch(r"(?:[MLHVh]-?\d+(?: \d+)?|z)*", path.attrib["d"])
        for x, y in re.findall(r"[ML](\d+) (\d+)", path.attrib["d"]):
            assert (int(x) <= WIDTH, int(y) <= HEIGHT) == (True, True)


def test_the_limit_stands_where_values_of_its_size_do() -> None:
    svg = spark([0.0, 0.05, 0.1])
    assert 'd="M0 24H240"' in svg
    assert "L120 24" in svg


def test_a_title_is_text_and_never_markup() -> None:
    svg = sparkline([1.0], limit=None, breaching=[False], title='<b> & "x"', unit=Unit.COUNT)
    assert words_of(svg).startswith('<b> & "x": newest 1')


def test_breaching_slots_are_counted_against_the_values() -> None:
    with pytest.raises(ValueError, match="1 breaching slots for 2 values"):
        sparkline([1.0, 2.0], limit=None, breaching=[True], title="x", unit=Unit.COUNT)


def test_an_hour_at_one_minute_is_small_enough_for_a_thousand_on_a_page() -> None:
    assert len(spark([0.05 + 0.03 * math.sin(slot / 5) for slot in range(60)])) < 1600
