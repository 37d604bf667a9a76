"""The page of a replay shows every slot, needs nothing from elsewhere, and cannot be written into."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stopwatch.web.charts.replay_svg import HEIGHT, Axis, Scale, band, scale, strips
from stopwatch.web.replay_page import Bar, Line, Page, Row, SiteSection, render

START = datetime(2026, 11, 21, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOSTILE = "<script>alert(1)</script>\"'&"


def row(classes: bytes = b"CCBBML", *, notable: bool = True) -> Row:
    lows = [1.0, 2.0, 9.0, 9.0, math.nan, 1.0]
    line = Line("err", 1, lows, lows, 5.0, 3.0, "Errors: err > 5 %", "limit 5 %", "1 %", "9 %")
    states = [Bar("pending", START + 2 * MINUTE, START + 3 * MINUTE, "pending 10:02Z to 10:03Z")]
    return Row("errors", START, MINUTE, classes, states, [line], "1 breach", notable)


def page(**changes: object) -> Page:
    decision = Bar("decision", START + 3 * MINUTE, START + 5 * MINUTE, "ham-01-20261121T1003Z: errors")
    section = SiteSection("Hamburg (ham-01)", "pilot", [decision], [row()])
    whole = Page("Replay of t", START, START + 5 * MINUTE, "0123456789abcdef", [("decisions", "1")], [section])
    return replace(whole, **changes)  # type: ignore[arg-type] # fields by name


class _Elements(HTMLParser):
    """Every element with its attributes, and whether each is closed."""

    VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Elements()
    parser.feed(text)
    assert parser.open == []
    return parser.found


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    found = elements(render(page()))
    assert {tag for tag, _ in found} & {"script", "link", "img", "iframe", "object", "form"} == set()
    assert not [attrs for _, attrs in found if {"src", "href", "onclick", "onload"} & attrs.keys()]
    assert "url(" not in render(page())


def test_what_rules_and_plans_say_is_text_and_nothing_else() -> None:
    hostile = replace(row(), rule=HOSTILE, words=HOSTILE, failure=HOSTILE)
    section = SiteSection(HOSTILE, HOSTILE, [Bar("decision", START, START, HOSTILE)], [hostile])
    text = render(page(title=HOSTILE, sites=[section], facts=[(HOSTILE, HOSTILE)], variants=[[HOSTILE], [HOSTILE]]))
    assert "<script" not in text
    assert elements(text)


def test_decisions_states_values_and_limits_are_drawn_with_words() -> None:
    text = render(page())
    for words in ("ham-01-20261121T1003Z: errors", "pending 10:02Z to 10:03Z", "Errors: err &gt; 5 %", "limit 5 %"):
        assert words in text
    classes = {attrs.get("class") for _, attrs in elements(text)}
    assert {"B", "C", "M", "L", "pending", "decision", "limit", "recovery", "value"} <= classes


def test_variants_stand_side_by_side() -> None:
    text = render(page(variants=[["variant", "decisions"], ["as written", "5"], ["a.threshold=1", "3"]]))
    assert re.findall(r"<td>(.*?)</td>", text) == ["as written", "5", "a.threshold=1", "3"]


@pytest.mark.parametrize(
    ("span", "first"),
    [
        pytest.param(MINUTE, "10:00", id="a minute"),
        pytest.param(timedelta(hours=7), "10:00", id="hours"),
        pytest.param(timedelta(days=3), "21 Nov 12:00", id="days"),
        pytest.param(timedelta(days=30), "23 Nov", id="a month"),
        pytest.param(timedelta(days=4000), "10 Jun 2027", id="years"),
        pytest.param(timedelta(0), None, id="an instant"),
    ],
)
def test_ticks_are_round_and_few(span: timedelta, first: str | None) -> None:
    section = SiteSection("Hamburg", "pilot", [], [])
    text = render(page(end=START + span, sites=[section]))
    ticks = re.findall(r'<span style="left:[\d.]+%">(.*?)</span>', text)
    assert len(ticks) <= 10
    assert (ticks[0] if ticks else None) == first


@given(st.binary(max_size=60).map(lambda drawn: bytes(b"BCML"[byte % 4] for byte in drawn)))
def test_strips_cover_every_slot_once(classes: bytes) -> None:
    covered: dict[int, str] = {}
    for kind, path in strips(classes, Axis(0.0, 1.0)).items():
        for left, right in re.findall(r"M([\d.]+) 0H([\d.]+)V1", path):
            covered |= dict.fromkeys(range(int(float(left)), int(float(right))), kind)
    assert "".join(covered[place] for place in sorted(covered)) == classes.decode()


def test_a_long_strip_shows_the_worst_slot_of_each_column() -> None:
    classes = b"C" * 5_000 + b"M" + b"C" * 4_998 + b"B"
    paths = strips(classes, Axis(0.0, 0.1))
    assert paths["M"] == "M500.00 0H501.00V1H500.00Z"
    assert paths["B"] == "M999.00 0H1000.00V1H999.00Z"


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20), st.floats(-1e6, 1e6))
def test_any_values_are_drawn_within_the_picture(numbers: list[float], limit: float) -> None:
    height = scale(numbers, numbers, (limit,))
    path = band(numbers, numbers, Axis(0.0, 1.0), height)
    assert "nan" not in path
    assert "inf" not in path
    assert all(-1 <= float(y) <= HEIGHT + 1 for _x, y in re.findall(r"([\d.]+) (-?[\d.]+)", path))


def test_a_gap_interrupts_the_curve() -> None:
    values = [1.0, math.nan, 2.0]
    assert band(values, values, Axis(0.0, 1.0), Scale(0.0, 4.0)).count("M") == 2
