"""The pulse: jobs run at once and go on, one call at a time, whatever one of them does or the wall clock did."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from stopwatch.app.clock import Clock
from stopwatch.app.scheduler import Job, Pulse

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
    pulse = Pulse({"one": Job(one), "other": Job(other)}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: one.calls >= 3 and other.calls >= 3)
    pulse.stop()


def test_a_job_that_breaks_is_called_again(clock: Clock) -> None:
    broken = Counted(breaks=True)
    pulse = Pulse({"broken": Job(broken)}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: broken.calls >= 3)
    pulse.stop()


def test_a_slow_job_never_runs_twice_at_once_and_delays_no_other(clock: Clock) -> None:
    release = threading.Event()
    slow, quick = Counted(holds=release), Counted()
    pulse = Pulse({"slow": Job(slow), "quick": Job(quick)}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: quick.calls >= 5)
    assert (slow.calls, slow.most) == (1, 1)
    release.set()
    assert eventually(lambda: slow.calls >= 2)
    pulse.stop()
    assert slow.most == 1


def laid(pulse: Pulse, clock: Clock, *, ahead: timedelta) -> None:
    """Put the next round where a wall clock that is then set back by *ahead* leaves it."""
    scheduler = pulse._scheduler  # noqa: SLF001 – tests must not set the machine's clock
    scheduler.modify_job("pulse", next_run_time=clock.wall() + ahead)


def rearmed(told: pytest.CaptureFixture[str], logged: pytest.LogCaptureFixture) -> int:
    """How often it was said: on standard output, or into the log once a test of the same process has set that up."""
    return (told.readouterr().out + logged.text).count("tick.rearmed")


def test_a_pulse_that_a_clock_set_back_put_to_sleep_goes_on_at_once(
    clock: Clock, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    job = Counted()
    pulse = Pulse({"job": Job(job)}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: job.calls >= 2)
    laid(pulse, clock, ahead=timedelta(hours=1))
    asleep = job.calls
    assert eventually(lambda: job.calls > asleep + 3)
    pulse.stop()
    assert rearmed(capsys, caplog) == 1


def test_a_pulse_that_is_late_on_a_busy_machine_is_no_step_of_the_clock(
    clock: Clock, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    job = Counted()
    pulse = Pulse({"job": Job(job)}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: job.calls >= 2)
    scheduler = pulse._scheduler  # noqa: SLF001 – its own lock holds the round up as a machine that is starved does
    with scheduler._jobstores_lock:  # noqa: SLF001 – as above
        time.sleep(1.5)
        late = job.calls
    assert eventually(lambda: job.calls > late + 2)
    pulse.stop()
    assert rearmed(capsys, caplog) == 0


def test_a_job_is_called_as_often_as_it_asks_for_and_when_it_is_wanted(clock: Clock) -> None:
    wanted = threading.Event()
    often, seldom, asked = Counted(), Counted(), Counted()
    jobs = {"often": Job(often), "seldom": Job(seldom, 3600.0), "asked": Job(asked, wanted=wanted.is_set)}
    pulse = Pulse(jobs, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: often.calls >= 5)
    assert (seldom.calls, asked.calls) == (1, 0)
    wanted.set()
    assert eventually(lambda: asked.calls >= 2)
    assert clock.monotonic() - pulse.oldest_beat < 10, "who is not due has not stopped"
    pulse.stop()
    assert seldom.calls == 1


def test_a_job_that_cannot_tell_whether_it_is_wanted_is_called_and_stops_no_other(clock: Clock) -> None:
    broken, other = Counted(), Counted()
    pulse = Pulse(
        {"broken": Job(broken, wanted=lambda: bool(1 // 0)), "other": Job(other)},
        interval_seconds=INTERVAL,
        clock=clock,
    )
    pulse.start()
    assert eventually(lambda: broken.calls >= 2 and other.calls >= 2)
    pulse.stop()


def test_new_jobs_are_called_at_once_and_those_left_out_no_more(clock: Clock) -> None:
    left, kept, fresh = Counted(), Counted(), Counted()
    pulse = Pulse({"left": Job(left), "kept": Job(kept, 3600.0)}, interval_seconds=3600, clock=clock)
    pulse.start()
    assert eventually(lambda: left.calls == kept.calls == 1)
    pulse.follow({"kept": Job(kept, 3600.0), "fresh": Job(fresh)}, interval_seconds=3600)
    assert eventually(lambda: fresh.calls == 1)
    pulse.stop()
    assert (left.calls, kept.calls) == (1, 1)


def test_stopping_waits_for_the_job_under_way_and_starts_no_other(clock: Clock) -> None:
    release = threading.Event()
    job = Counted(holds=release)
    pulse = Pulse({"job": Job(job)}, interval_seconds=INTERVAL, clock=clock)
    pulse.start()
    assert eventually(lambda: job.together == 1)
    threading.Timer(0.3, release.set).start()
    pulse.stop()
    assert job.together == 0
    calls = job.calls
    time.sleep(6 * INTERVAL)
    assert job.calls == calls
