"""The evidence chart shows the numbers it was given, whatever they are, and says the same in words."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stopwatch.core.rule import Op
from stopwatch.web.charts.chart import HEIGHT, WIDTH, Chart, describe, draw
from stopwatch.web.figures import figure, label, span, ticks

GOLDEN = Path(__file__).parent / "golden"
T = datetime(2026, 11, 21, 9, 57, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SVG = "{http://www.w3.org/2000/svg}"
nan, inf = math.nan, math.inf


def chart(
    values: list[float], *, limit: float = 5.0, recovery: float = 4.0, unit: str = "count", **more: object
) -> Chart:
    """A chart of a rule that breaches above *limit*; more fields by name."""
    classes = "".join("M" if math.isnan(value) else "B" if value > limit else "C" for value in values)
    fields: dict[str, object] = {"title": "Load · Hamburg (ham-01)", "op": ">", "first": T, "step": MINUTE}
    fields |= {"zone": ZoneInfo("Europe/Berlin"), "classes": classes.encode(), **more}
    return Chart(values=values, unit=unit, limit=limit, recovery=recovery, **fields)  # type: ignore[arg-type] # by name


CHARTS = {
    "chart_breach": chart(
        [0.01, 0.012, 0.011, nan, 0.06, 0.074, 0.071, 0.08],
        limit=0.05,
        recovery=0.03,
        unit="ratio",
        opened_at=T + 7 * MINUTE,
        began_at=T + 4 * MINUTE,
        armed_at=T + MINUTE,
    ),
    "chart_one_slot": chart([9.0], opened_at=T),
    "chart_gaps": chart(
        [nan if slot % 7 < 2 or 30 < slot < 45 else 3 + 4 * math.sin(slot / 9) for slot in range(60)],
        opened_at=T + 57 * MINUTE,
        began_at=T + 55 * MINUTE,
        recovered_at=T + 58 * MINUTE,
        armed_at=T + 10 * MINUTE,
    ),
    "chart_tiny": chart([1e-9 * slot for slot in range(10)], limit=5e-9, recovery=4e-9, unit="seconds", opened_at=T),
    "chart_huge": chart([1e18, 2e18, 1.7e308], limit=1.5e18, recovery=1.4e18, opened_at=T, began_at=T),
    "chart_infinities": chart([1.0, nan, inf, inf, 7.0, nan, 6.0, -inf, 2.0], recovered_at=T + 8 * MINUTE),
}


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_looks_as_it_did_when_somebody_looked_at_it(name: str) -> None:
    assert draw(CHARTS[name]) == (GOLDEN / f"{name}.svg").read_text()


NUMBERS = st.floats() | st.sampled_from([0.0, 5.0, 5e-324, 1.7e308, -1.7e308, 1e-12])


@given(
    values=st.lists(NUMBERS, min_size=1, max_size=30),
    limit=st.floats(allow_nan=False, allow_infinity=False),
    op=st.sampled_from(Op),
    unit=st.sampled_from(["ratio", "seconds", "count", "per_second"]),
)
@example(values=[8.64e13], limit=8.7e13, op=Op.ABOVE, unit="seconds")
def test_any_numbers_are_drawn_inside_the_picture(values: list[float], limit: float, op: Op, unit: str) -> None:
    drawn = chart(values, limit=limit, recovery=limit, unit=unit, op=op.value, opened_at=T)
    root = ET.fromstring(draw(drawn))  # noqa: S314 – our own text
    for circle in root.iter(f"{SVG}circle"):
        assert 0 <= float(circle.attrib["cx"]) <= WIDTH
        assert 0 <= float(circle.attrib["cy"]) <= HEIGHT
    for path in root.iter(f"{SVG}path"):
        assert not re.search("nan|inf", path.attrib["d"])


def test_three_thousand_slots_are_one_band_and_no_dots() -> None:
    values = [50 + 25 * math.sin(slot / 200) for slot in range(3000)]
    root = ET.fromstring(draw(chart(values, limit=80.0)))  # noqa: S314 – our own text
    assert [path for path in root.iter(f"{SVG}path") if path.get("class") == "band"]
    assert not list(root.iter(f"{SVG}circle"))
    assert len(draw(chart(values, limit=80.0))) < 40_000


def test_the_words_carry_the_numbers_of_the_picture() -> None:
    assert describe(CHARTS["chart_breach"]) == (
        "8 slots of 1 min from 2026-11-21 10:57 to 2026-11-21 11:04 Europe/Berlin. Breaches above 5 %; the recovery "
        "limit is 3 %. Newest value 8 %, least 1 %, greatest 8 %. 4 slots breached, 3 were clear, 1 missing. "
        "Began 2026-11-21 11:01:00. Opened 2026-11-21 11:04:00."
    )


def texts(svg: str) -> list[tuple[float, float, str]]:
    """Every text of a chart with where it stands."""
    root = ET.fromstring(svg)  # noqa: S314 – our own text
    return [(float(each.attrib["x"]), float(each.attrib["y"]), each.text or "") for each in root.iter(f"{SVG}text")]


@given(places=st.tuples(st.integers(0, 59), st.integers(0, 59), st.integers(0, 59)), slots=st.integers(1, 60))
def test_the_words_of_events_stand_side_by_side_inside_the_picture(places: tuple[int, int, int], slots: int) -> None:
    began, opened, recovered = (T + min(place, slots - 1) * MINUTE for place in places)
    drawn = chart([1.0] * slots, began_at=began, opened_at=opened, recovered_at=recovered)
    told = sorted(each for each in texts(draw(drawn)) if each[2].startswith(("began", "opened", "recovered")))
    assert len(told) == 3
    edges = [(x, x + 6.4 * len(words)) for x, _, words in told]
    assert all(begin >= 0 and end <= WIDTH for begin, end in edges)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(edges))


def test_the_legend_says_what_the_chart_has_and_no_more() -> None:
    plain = {words for _, _, words in texts(draw(CHARTS["chart_one_slot"]))}
    assert "breaching" in plain
    assert not {"missing or too few", "infinite", "before it counts"} & plain
    assert "breaching" not in {words for _, _, words in texts(draw(chart([1.0, nan])))}
    assert "missing or too few" in {words for _, _, words in texts(draw(CHARTS["chart_gaps"]))}
    assert "infinite" in {words for _, _, words in texts(draw(CHARTS["chart_infinities"]))}
    assert "before it counts" in {words for _, _, words in texts(draw(CHARTS["chart_breach"]))}


def test_titles_are_escaped() -> None:
    drawn = draw(chart([1.0], title='<script>alert("1")</script> & more'))
    assert "<script" not in drawn
    ET.fromstring(drawn)  # noqa: S314 – our own text


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        pytest.param(0.0742, "ratio", "7.42 %", id="percent"),
        pytest.param(0.9987, "ratio", "99.87 %", id="near hundred percent"),
        pytest.param(3e-9, "seconds", "3 ns", id="nanoseconds"),
        pytest.param(0.25, "seconds", "250 ms", id="milliseconds"),
        pytest.param(90.0, "seconds", "1 min 30 s", id="minutes"),
        pytest.param(-8.64e13, "seconds", "−86\u202f400\u202f000\u202f000\u202f000 s", id="more days than have a name"),
        pytest.param(12345.0, "count", "12\u202f345", id="groups of three"),
        pytest.param(-3.2, "per_second", "−3.2 /s", id="below nothing"),
        pytest.param(1e300, "count", "1e+300", id="huge"),
        pytest.param(inf, "count", "+∞", id="infinite"),
        pytest.param(None, "count", "–", id="none"),
    ],
)
def test_numbers_read_as_people_write_them(value: float | None, unit: str, written: str) -> None:
    assert figure(value, unit) == written


def test_long_numbers_are_short_beside_their_line() -> None:
    assert (label(2.5e6, "count"), label(2.0, "count")) == ("2.5 M", "2")


@pytest.mark.parametrize(
    ("length", "written"),
    [
        pytest.param(timedelta(seconds=40), "40 s", id="seconds"),
        pytest.param(timedelta(minutes=15), "15 min", id="minutes"),
        pytest.param(timedelta(hours=2, minutes=5), "2 h 05 min", id="hours"),
        pytest.param(timedelta(days=3, hours=4), "3 d 4 h", id="days"),
    ],
)
def test_spans_read_as_people_write_them(length: timedelta, written: str) -> None:
    assert span(length) == written


@given(low=st.floats(-1e300, 1e300), high=st.floats(-1e300, 1e300), unit=st.sampled_from(["ratio", "seconds", "count"]))
def test_ticks_are_few_and_lie_inside(low: float, high: float, unit: str) -> None:
    found = ticks(min(low, high), max(low, high), unit)
    assert len(found) <= 7
    room = 1e-6 * (max(low, high) - min(low, high)) + 1e-300
    assert all(min(low, high) - room <= value <= max(low, high) + room for value, _ in found)


@pytest.mark.parametrize("seconds", [1, 5, 15, 60, 300, 3600])
def test_the_words_of_the_time_axis_never_touch(seconds: int) -> None:
    for slots in (*range(1, 40), 54, 120, 400, 1500, 3000):
        drawn = draw(replace(chart([1.0] * slots), step=timedelta(seconds=seconds)))
        axis = re.findall(r'x="([\d.]+)" y="208\.0" text-anchor="middle"[^>]*>([^<]+)<', drawn)
        edges = [(float(x) - 3.2 * len(words), float(x) + 3.2 * len(words)) for x, words in axis]
        assert axis, f"{slots} slots have no time"
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(edges)), f"{slots} slots: {axis}"
