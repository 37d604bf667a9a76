"""The pulse: jobs run at once and go on, one call at a time, whatever one of them does or the wall clock did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from stopwatch.app.clock import Clock
from stopwatch.app.scheduler import Pulse

INTERVAL = 0.05


def eventually(told: Callable[[], bool], *, seconds: float = 20) -> bool:
    for _ in range(int(seconds / 0.02)):
        if told():
            return True
        time.sleep(0.02)
    return False


class Counted:
    """A job that counts its calls and how many of them overlapped."""

    def __init__(self, *, holds: threading.Event | None = None, breaks: bool = False) -> None:
        self.calls = self.together = self.most = 0
        self._holds, self._breaks = holds, breaks

    def __call__(self) -> None:
        self.calls += 1
        self.together += 1
        self.most = max(self.most, self.together)
        try:
            if self._holds is not None:
                self._holds.wait(20)
            if self._breaks:
                raise ZeroDivisionError
        finally:
            self.together -= 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_every_job_begins_at_once_and_goes_on(clock: Clock) -> None:
    one, other = Counted(), Counted()
    pulse = Pulse({"one": one, "other": other}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: one.calls >= 3 and other.calls >= 3)
    pulse.stop()


def test_a_job_that_breaks_is_called_again(clock: Clock) -> None:
    broken = Counted(breaks=True)
    pulse = Pulse({"broken": broken}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: broken.calls >= 3)
    pulse.stop()


def test_a_slow_job_never_runs_twice_at_once_and_delays_no_other(clock: Clock) -> None:
    release = threading.Event()
    slow, quick = Counted(holds=release), Counted()
    pulse = Pulse({"slow": slow, "quick": quick}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: quick.calls >= 5)
    assert (slow.calls, slow.most) == (1, 1)
    release.set()
    assert eventually(lambda: slow.calls >= 2)
    pulse.stop()
    assert slow.most == 1


def test_jobs_that_fell_asleep_are_woken_by_monotonic_time(clock: Clock) -> None:
    job = Counted()
    pulse = Pulse({"job": job}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: job.calls >= 2)
    scheduler = pulse._scheduler  # noqa: SLF001 – pausing it does what a wall clock set back by an hour does to its jobs
    assert scheduler is not None
    scheduler.pause()
    time.sleep(4 * INTERVAL)
    asleep = job.calls
    assert eventually(lambda: job.calls > asleep + 2)
    pulse.stop()


def test_stopping_waits_for_the_job_under_way_and_starts_no_other(clock: Clock) -> None:
    release = threading.Event()
    job = Counted(holds=release)
    pulse = Pulse({"job": job}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: job.together == 1)
    threading.Timer(0.3, release.set).start()
    pulse.stop()
    assert job.together == 0
    calls = job.calls
    time.sleep(6 * INTERVAL)
    assert job.calls == calls
