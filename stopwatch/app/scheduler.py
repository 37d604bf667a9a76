"""The pulse: one job of APScheduler that calls what is due on threads, with a watchdog on the monotonic clock."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from stopwatch.core.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stopwatch.app.clock import Clock

log = structlog.get_logger()

# A tick that comes while one is running is left out on purpose; APScheduler would warn of each. The level of its
# other loggers is set where logs are set up.
logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

LAST_JOBS_SECONDS = 3.0
"""How long a job under way may take once the daemon is told to stop."""
LEAST_WATCH_SECONDS = 0.25
"""The watchdog looks once a pulse, at most so often."""
SLACK_SECONDS = 1.0
"""A next pulse that is further ahead than an interval and this was put there by a wall clock that was set back."""
_PULSE = "pulse"
_THREADS = 64
"""At most so many jobs are under way at once; a thread is made when none is idle."""


def fenced(name: str, work: Callable[[], None], *, passing: type[Exception] | tuple[type[Exception], ...] = ()) -> bool:
    """
    Do *work* and tell whether it ended well; what breaks in it is logged with its trace and ends only this one call.

    Failures of the kinds *passing* are not ours to take; they are raised.
    """
    try:
        work()
    except passing:
        raise
    except Exception:
        log.exception("tick.broke", job=name)
        return False
    return True


def always() -> bool:
    """Tell that a job is wanted at every pulse."""
    return True


@dataclass(frozen=True, slots=True)
class Job:
    """
    What the pulse calls, each call on a thread that nobody else waits for.

    Args:
        work: Does it.
        every_seconds: From one call to the next; shorter than a pulse means at every pulse.
        wanted: Tells, from memory alone and at once, whether a call would find anything to do.

    """

    work: Callable[[], None]
    every_seconds: float = 0.0
    wanted: Callable[[], bool] = always


class Pulse:
    """
    Calls each job that is due every *interval_seconds*, one call of a job at a time.

    A tick is only a hint to evaluate; what a late or lost one would have done, the next one does. APScheduler calls one
    thing alone, the round, which waits for nothing: a job that is slow, or hangs in a network, delays no other.
    """

    def __init__(self, jobs: Mapping[str, Job], *, interval_seconds: float, clock: Clock) -> None:
        """Prepare *jobs* by name."""
        self._jobs = dict(jobs)
        self._interval = interval_seconds
        self._clock = clock
        self._laying = threading.Lock()
        self._beats = dict.fromkeys(self._jobs, clock.monotonic())
        self._due: dict[str, float] = {}
        self._busy: set[str] = set()
        self._refusals: dict[str, str] = {}
        self._stop = threading.Event()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="job")
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": DebugExecutor()},  # the round is called where the scheduler waits
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        self._watchdog = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Run every job at once and from then on."""
        with self._laying:
            self._schedule()
            self._scheduler.start()
        self._watchdog.start()

    def follow(self, jobs: Mapping[str, Job], *, interval_seconds: float) -> None:
        """Go on with *jobs* instead; one that is left out is not called again, one under way ends as it would."""
        with self._laying:
            changed = jobs.keys() != self._jobs.keys() or interval_seconds != self._interval
            now = self._clock.monotonic()
            self._beats = {name: self._beats.get(name, now) for name in jobs}
            self._jobs, self._interval = dict(jobs), interval_seconds
            if changed and self._scheduler.running and not self._stop.is_set():
                self._schedule()

    def stop(self) -> None:
        """Start no further job; those that run may end within `LAST_JOBS_SECONDS`."""
        with self._laying:
            self._stop.set()
            if self._scheduler.running:
                self._scheduler.shutdown(wait=False)
            self._threads.shutdown(wait=False, cancel_futures=True)
        until = self._clock.monotonic() + LAST_JOBS_SECONDS
        while self._busy and self._clock.monotonic() < until:
            self._clock.sleep(0.05)

    @property
    def oldest_beat(self) -> float:
        """When (monotonic seconds) the job that waits longest last began, ended or was not due."""
        return min(list(self._beats.values()), default=self._clock.monotonic())

    def _schedule(self) -> None:
        self._scheduler.add_job(
            self._round,
            "interval",
            seconds=self._interval,
            id=_PULSE,
            next_run_time=self._clock.wall(),
            replace_existing=True,
        )

    def _round(self) -> None:
        """Let threads do what is due; the jobs of before a reload that comes meanwhile are left to the next round."""
        now = self._clock.monotonic()
        for name, job in list(self._jobs.items()):
            if name in self._busy or self._stop.is_set():
                continue
            self._beat(name)
            if now >= self._due.get(name, now) and _wanted(name, job):
                self._due[name] = now + job.every_seconds
                self._busy.add(name)
                try:
                    self._threads.submit(self._call, name, job)
                except RuntimeError:  # told to stop meanwhile
                    self._busy.discard(name)

    def _call(self, name: str, job: Job) -> None:
        self._beat(name)
        try:
            fenced(name, job.work, passing=StoreError)
        except StoreError as error:
            self._refused(name, str(error))
        else:
            if self._refusals.pop(name, None) is not None:
                log.info("records.restored", job=name)
        self._busy.discard(name)
        self._beat(name)

    def _refused(self, name: str, detail: str) -> None:
        """Say what the database said to a job, when it begins or changes; the next call tries again."""
        if self._refusals.get(name) != detail:
            self._refusals[name] = detail
            log.warning("records.refused", job=name, detail=detail)

    def _beat(self, name: str) -> None:
        if name in self._beats:
            self._beats[name] = self._clock.monotonic()

    def _watch(self) -> None:
        """Look once a pulse whether a step of the wall clock has put the pulse to sleep."""
        while not self._stop.wait(max(LEAST_WATCH_SECONDS, self._interval)):
            with self._laying:
                self._rearm()

    def _rearm(self) -> None:
        """
        Let the pulse go on now if its next round is further ahead than any round is planned.

        A machine that is too busy to be in time makes rounds late, never early: nothing is mended then.
        """
        job = self._scheduler.get_job(_PULSE)
        if self._stop.is_set() or job is None:
            return
        ahead_seconds = (job.next_run_time - self._clock.wall()).total_seconds()
        if ahead_seconds > self._interval + SLACK_SECONDS:
            log.warning("tick.rearmed", ahead_seconds=round(ahead_seconds, 1))
            self._schedule()
        elif ahead_seconds < -SLACK_SECONDS:
            # The clock may have been set back and on again, and the scheduler wait for what it said in between.
            self._scheduler.wakeup()


def _wanted(name: str, job: Job) -> bool:
    """Ask a job whether it is wanted; one that cannot tell is."""
    told: list[bool] = []
    fenced(name, lambda: told.append(job.wanted()))
    return told != [False]
