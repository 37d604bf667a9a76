"""The pulse: one job per source and one for time, on APScheduler, with a watchdog on the monotonic clock."""

from __future__ import annotations

import logging
import threading
from datetime import UTC
from typing import TYPE_CHECKING

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
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
STALLED = 5
"""A pulse that is so many intervals late (and at least a second) has lost its wall clock and is started afresh."""


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


class Pulse:
    """
    Calls each job every *interval_seconds*, one call of a job at a time.

    A tick is only a hint to evaluate; what a late or lost one would have done, the next one does.
    """

    def __init__(self, jobs: Mapping[str, Callable[[], None]], *, interval_seconds: float, clock: Clock) -> None:
        """Prepare *jobs* by name."""
        self._jobs = dict(jobs)
        self._interval = interval_seconds
        self._clock = clock
        self._laying = threading.Lock()
        self._beats = dict.fromkeys(self._jobs, clock.monotonic())
        self._busy: set[str] = set()
        self._refusals: dict[str, str] = {}
        self._stop = threading.Event()
        self._scheduler: BackgroundScheduler | None = None
        self._watchdog = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        """Run every job at once and from then on."""
        with self._laying:
            self._schedule()
        self._watchdog.start()

    def follow(self, jobs: Mapping[str, Callable[[], None]], *, interval_seconds: float) -> None:
        """Go on with *jobs* instead; one that is left out is not called again, one under way ends as it would."""
        with self._laying:
            if jobs.keys() == self._jobs.keys() and interval_seconds == self._interval:
                return
            now = self._clock.monotonic()
            self._beats = {name: self._beats.get(name, now) for name in jobs}
            self._jobs, self._interval = dict(jobs), interval_seconds
            if self._scheduler is not None and not self._stop.is_set():
                self._scheduler.shutdown(wait=False)
                self._schedule()

    def stop(self) -> None:
        """Start no further job; those that run may end within `LAST_JOBS_SECONDS`."""
        with self._laying:
            self._stop.set()
            if self._scheduler is not None:
                self._scheduler.shutdown(wait=False)
        until = self._clock.monotonic() + LAST_JOBS_SECONDS
        while self._busy and self._clock.monotonic() < until:
            self._clock.sleep(0.05)

    @property
    def oldest_beat(self) -> float:
        """When (monotonic seconds) the job that waits longest last began or ended."""
        return min(self._beats.values(), default=self._clock.monotonic())

    def _schedule(self) -> None:
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(max_workers=max(2, 2 * len(self._jobs)))},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for name in self._jobs:
            scheduler.add_job(
                self._call,
                "interval",
                args=[name],
                seconds=self._interval,
                id=name,
                next_run_time=self._clock.wall(),
            )
        scheduler.start()
        self._scheduler = scheduler

    def _call(self, name: str) -> None:
        if name in self._busy:
            return
        work = self._jobs.get(name)
        if work is None:
            return
        self._busy.add(name)
        self._beat(name)
        try:
            fenced(name, work, passing=StoreError)
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
        if name in self._jobs:
            self._beats[name] = self._clock.monotonic()

    def _watch(self) -> None:
        """Start the scheduler afresh when a step of the wall clock has put its jobs to sleep."""
        while not self._stop.wait(min(1.0, self._interval)):
            with self._laying:
                self._rearm()

    def _rearm(self) -> None:
        now, patience = self._clock.monotonic(), max(1.0, STALLED * self._interval)
        asleep = [name for name, beat in self._beats.items() if name not in self._busy and now - beat > patience]
        if not asleep or self._stop.is_set():
            return
        log.warning("tick.rearmed", jobs=asleep, late_seconds=round(now - self.oldest_beat, 1))
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
        self._beats.update(dict.fromkeys(asleep, now))
        self._schedule()
