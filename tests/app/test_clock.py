"""The corrected clock: the earlier of two that nearly agree, else Prometheus's with monotonic time since."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from stopwatch.app.clock import Clock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Hands(Clock):
    """A clock whose wall and monotonic hands a test moves."""

    def __init__(self) -> None:
        self.local, self.seconds = NOON, 0.0
        super().__init__()

    def wall(self) -> datetime:  # type: ignore[override] # the real one needs no instance
        return self.local

    def monotonic(self) -> float:  # type: ignore[override] # as above
        return self.seconds

    def pass_time(self, seconds: float, *, step: float = 0.0) -> None:
        """Let *seconds* pass; the wall clock is stepped by *step* on top of them."""
        self.seconds += seconds
        self.local += timedelta(seconds=seconds + step)


def test_without_a_source_the_local_clock_counts() -> None:
    assert Hands().now() == NOON


@pytest.mark.parametrize(
    ("skew", "counts"),
    [
        pytest.param(0, 0, id="no skew"),
        pytest.param(3, 0, id="Prometheus a little ahead: the local clock is the earlier"),
        pytest.param(-3, -3, id="Prometheus a little behind: it is the earlier"),
        pytest.param(5, 0, id="five seconds still agree"),
        pytest.param(3600, 3600, id="Prometheus an hour ahead decides"),
        pytest.param(-3600, -3600, id="Prometheus an hour behind decides"),
    ],
)
def test_the_smaller_clock_counts_unless_they_differ_widely(skew: int, counts: int) -> None:
    clock = Hands()
    clock.observe(timedelta(seconds=skew), since=clock.mark())
    assert clock.now() == NOON + timedelta(seconds=counts)


@pytest.mark.parametrize("step", [pytest.param(3600, id="an hour on"), pytest.param(-3600, id="an hour back")])
def test_a_step_of_the_local_clock_moves_nothing(step: int) -> None:
    clock = Hands()
    clock.observe(timedelta(0), since=clock.mark())
    clock.pass_time(60, step=step)
    assert clock.now() == NOON + timedelta(seconds=60)


def test_after_a_step_the_next_answer_of_the_source_keeps_the_time_right() -> None:
    clock = Hands()
    clock.observe(timedelta(0), since=clock.mark())
    clock.pass_time(60, step=3600)
    clock.observe(timedelta(seconds=-3600), since=clock.mark())
    clock.pass_time(30)
    assert clock.now() == NOON + timedelta(seconds=90)


def test_a_skew_that_was_found_across_a_step_is_left_out() -> None:
    clock = Hands()
    clock.observe(timedelta(0), since=clock.mark())
    began = clock.mark()
    clock.pass_time(1, step=3600)
    clock.observe(timedelta(0), since=began)
    assert clock.now() == NOON + timedelta(seconds=1)
