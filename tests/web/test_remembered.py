"""A sparkline is drawn once however often somebody looks, and no more are kept than a board has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from stopwatch.core.course import Course
from stopwatch.core.kpi import KpiId, Unit
from stopwatch.web.charts.sparkline import sparkline
from stopwatch.web.pages.remembered import LEAST, Sparklines

COURSE = Course(KpiId("p95"), 0.5, [0.1, 0.2, 0.9], [False, False, True])


class Pencil:
    """Draws, and counts."""

    def __init__(self) -> None:
        self.drawings = 0

    def draw(
        self, values: Sequence[float], *, limit: float | None, breaching: Sequence[bool], title: str, unit: Unit
    ) -> str:
        self.drawings += 1
        return sparkline(values, limit=limit, breaching=breaching, title=title, unit=unit)


def courses(sites: int) -> list[Course]:
    return [replace(COURSE, values=[0.1, 0.2, float(site)]) for site in range(sites)]


@pytest.mark.parametrize("sites", [20, 5_000])
def test_a_board_that_is_looked_at_again_draws_nothing_anew_however_many_sites_it_has(sites: int) -> None:
    pencil, board = Pencil(), courses(sites)
    lines = Sparklines(pencil.draw)
    for _ in range(3):
        lines.make_room(len(board))
        looks = [lines.drawn(course, "p95, lately", Unit.SECONDS) for course in board]
    assert pencil.drawings == sites
    assert looks[-1] == sparkline(
        board[-1].values, limit=0.5, breaching=[False, False, True], title="p95, lately", unit=Unit.SECONDS
    )


def test_what_is_no_longer_watched_is_forgotten() -> None:
    lines = Sparklines()
    lines.make_room(1_000)
    for course in courses(1_000):
        lines.drawn(course, "p95", Unit.SECONDS)
    assert len(lines) == 1_000
    lines.make_room(5)
    assert len(lines) == LEAST


@pytest.mark.parametrize(
    ("course", "title", "unit"),
    [
        pytest.param(replace(COURSE, values=[0.1, 0.2, 0.8]), "p95", Unit.SECONDS, id="a value"),
        pytest.param(replace(COURSE, breaching=[False, True, True]), "p95", Unit.SECONDS, id="what breaches"),
        pytest.param(replace(COURSE, threshold=0.4), "p95", Unit.SECONDS, id="the limit"),
        pytest.param(replace(COURSE, threshold=None), "p95", Unit.SECONDS, id="no limit"),
        pytest.param(COURSE, "p99", Unit.SECONDS, id="the title"),
        pytest.param(COURSE, "p95", Unit.RATIO, id="the unit"),
    ],
)
def test_whatever_it_shows_tells_it_from_another(course: Course, title: str, unit: Unit) -> None:
    lines = Sparklines()
    assert lines.drawn(COURSE, "p95", Unit.SECONDS) != lines.drawn(course, title, unit)
