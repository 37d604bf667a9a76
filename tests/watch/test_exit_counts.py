"""Counts are added up over ranges that never overlap, inside the window alone, and what cannot be counted says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import nan

import pytest

from stopwatch.core.errors import SourceError
from stopwatch.core.exit.check import KpiOver
from stopwatch.core.exit.observation import SiteWindow
from stopwatch.core.grid import SlotRange
from stopwatch.core.kpi import Better, Kpi, KpiId, SiteId, Unit
from stopwatch.core.reading import MAX_POINTS, Query, Reading
from stopwatch.watch.rollout.exit_counts import count, pace

HAM, LODZ = SiteId("ham-01"), SiteId("lodz")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
START = datetime(2026, 11, 10, 6, tzinfo=UTC)
KPI = Kpi(KpiId("k"), "Errors", Unit.RATIO, Better.LOWER, "q", "v", failures="f", attempts="a")
FIVE = {"v": 5 * MINUTE, "f": 5 * MINUTE, "a": 5 * MINUTE}
VALUES = {"v": 100.0, "f": 2.0, "a": 100.0}


@dataclass
class Constant:
    """A Prometheus that answers each expression with one number; *gone* expressions have no series."""

    values: Mapping[str, float] = field(default_factory=lambda: VALUES)
    gone: tuple[str, ...] = ()
    fails: bool = False
    name: str = "default"
    asked: list[tuple[str, SlotRange]] = field(default_factory=list)

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        """Answer for every site."""
        assert deadline_seconds > 0
        if self.fails:
            raise SourceError("timed out", reason="timeout")
        self.asked.append((query.expression, slots))
        if query.expression in self.gone:
            return Reading()
        column = [self.values[query.expression]] * len(slots)
        return Reading(dict.fromkeys(query.labels.values(), column))


def window(site: SiteId = HAM, *, start: datetime = START, lasts: timedelta = 2 * HOUR) -> SiteWindow:
    return SiteWindow(site, start + lasts, start, start, "go-live", start, start + lasts)


def counted(
    source: Constant, *windows: SiteWindow, kpi: Kpi = KPI, ranges: Mapping[str, timedelta] = FIVE
) -> list[KpiOver]:
    def looked_back(expression: str) -> Sequence[timedelta]:
        return [ranges[expression]] if expression in ranges else []

    labels = {one.site.upper(): one.site for one in windows}
    return count(kpi, source, windows, labels, looked_back)


@pytest.mark.parametrize(
    ("reach", "step", "every"),
    [
        pytest.param(5 * MINUTE, 5 * MINUTE, 1, id="five minutes"),
        pytest.param(7 * MINUTE, 450 * timedelta(seconds=1), 1, id="seven do not divide an hour, seven and a half do"),
        pytest.param(HOUR, HOUR, 1, id="an hour"),
        pytest.param(5 * HOUR / 2, HOUR, 3, id="two and a half hours"),
    ],
)
def test_strides_are_never_shorter_than_the_range(reach: timedelta, step: timedelta, every: int) -> None:
    walk = pace(reach)
    assert (walk.grid.step, walk.every) == (step, every)
    assert step * every >= reach


def test_two_hours_hold_twenty_four_windows_of_five_minutes() -> None:
    (found,) = counted(Constant(), window())
    assert found.volume == 2_400.0
    assert found.proof is not None
    assert (found.proof.failures, found.proof.attempts, found.proof.windows) == (48.0, 2_400.0, 24)


def test_ranges_that_may_be_nested_are_taken_together() -> None:
    (found,) = counted(Constant(), window(), ranges=FIVE | {"f": 10 * MINUTE})
    assert found.proof is not None
    assert found.proof.windows == 8


def test_long_ranges_are_walked_in_whole_strides() -> None:
    (found,) = counted(Constant(), window(lasts=24 * HOUR), ranges=dict.fromkeys("vfa", 150 * MINUTE))
    assert found.proof is not None
    assert found.proof.windows in {7, 8}


def test_every_site_is_counted_over_its_own_window_by_one_query() -> None:
    source = Constant()
    ham, lodz = counted(source, window(), window(LODZ, start=START + HOUR, lasts=HOUR))
    assert (ham.volume, lodz.volume) == (2_400.0, 1_200.0)
    assert [expression for expression, _slots in source.asked] == ["v", "f", "a"]


def test_a_long_past_is_asked_for_in_pieces() -> None:
    source = Constant()
    (found,) = counted(source, window(lasts=MAX_POINTS * 2 * 5 * MINUTE))
    assert found.volume == MAX_POINTS * 2 * 100.0
    assert all(len(slots) <= MAX_POINTS for _expression, slots in source.asked)


@pytest.mark.parametrize(
    ("source", "kpi", "ranges", "why"),
    [
        pytest.param(
            Constant(),
            replace(KPI, failures=None, attempts=None),
            FIVE,
            "the KPI names no counters of failures and attempts",
            id="a ratio",
        ),
        pytest.param(
            Constant(fails=True), KPI, FIVE, "its counters could not be read: timed out", id="Prometheus is gone"
        ),
        pytest.param(
            Constant(), KPI, {}, "its counters name no range, so windows may overlap", id="no range to go by"
        ),
        pytest.param(
            Constant(gone=("f",)), KPI, FIVE, "no window holds both failures and attempts", id="failures without series"
        ),
        pytest.param(
            Constant(VALUES | {"a": nan}), KPI, FIVE, "no window holds both failures and attempts", id="no attempts"
        ),
    ],
)  # fmt: skip
def test_what_proves_nothing_says_why(source: Constant, kpi: Kpi, ranges: Mapping[str, timedelta], why: str) -> None:
    (found,) = counted(source, window(), kpi=kpi, ranges=ranges)
    assert (found.proof, found.unproven) == (None, why)


def test_a_volume_that_is_not_known_is_none_and_not_nothing() -> None:
    (without,) = counted(Constant(), window(), kpi=replace(KPI, volume=None))
    (unread,) = counted(Constant(fails=True), window())
    assert (without.volume, unread.volume) == (None, None)
