"""A daemon in one thread: ticks, chores and deliveries follow one another, and so do its writes, syncs and sends."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event

from stopwatch import __version__
from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.app.scheduler import fenced
from stopwatch.app.sending import slack_sender
from stopwatch.app.time_acts import TimeActs
from stopwatch.config.settings import GivenSettings
from stopwatch.core.errors import StoreError
from stopwatch.store.connect import open_store
from stopwatch.store.sql import SqlStore
from stopwatch.telemetry.logs import set_up_logs
from stopwatch.telemetry.metrics import Metrics
from tests.stories.crash_daemon import MUTANTS, say_into

ANY_TRACER = (0x59616D61, ctypes.c_ulong(-1))
"""prctl's order that whoever wants may trace this process, where only ancestors may."""
SYNCED_LATE = "synced-late"
"""A mutant whose commits are in the log of writes and not yet on the disk."""
_LATE = {"sqlite": "PRAGMA synchronous = NORMAL", "postgresql": "SET synchronous_commit = off"}


@dataclass(frozen=True, slots=True)
class Steps:
    """
    Which seconds after *origin* are lived through.

    From *watched* on a tracer is waited for, after *unwatched* it is waited until it has gone.
    """

    origin: int
    first: int
    last: int
    watched: int | None = None
    unwatched: int | None = None


class Hands(Clock):
    """A wall clock that stands still until it is moved."""

    at = datetime.fromtimestamp(0, UTC)

    def wall(self) -> datetime:  # type: ignore[override] # the real one needs no instance
        return self.at


def live_alone(given: Mapping[str, Any], mutant: str | None, steps: Steps, folder: str) -> None:
    """Live through *steps* one by one, then let go of everything in order."""
    say_into(f"{folder}/log")
    ctypes.CDLL(None).prctl(*ANY_TRACER, 0, 0, 0)
    set_up_logs(json=True, level="info", secrets=[])
    store, hands = _opened(str(given["database_url"]), mutant), Hands()
    hands.at = datetime.fromtimestamp(steps.origin + steps.first, UTC)
    daemon = Daemon(GivenSettings(**given), store, hands, Metrics(version=__version__, now=hands.now))
    sender = slack_sender(daemon)
    assert sender is not None
    jobs: dict[str, Callable[[], object]] = {
        "tick": lambda: daemon.tick("default"),
        "time": TimeActs(daemon).pass_time,
        "deliver": lambda: sender.deliver(hands.now()),
    }
    for step in range(steps.first, steps.last):
        hands.at = datetime.fromtimestamp(steps.origin + step, UTC)
        if step == steps.watched:
            Path(folder, "watch me").touch()
            _wait(traced=True)
        for name, job in jobs.items():
            _do(name, job, Path(folder) / "refused")
        if step == steps.unwatched:
            Path(folder, "seen enough").touch()
            _wait(traced=False)
    daemon.close()
    store.close()


def _do(name: str, job: Callable[[], object], refused: Path) -> None:
    """Do a job as the pulse does: what the database refuses is written down and tried again a step later."""
    try:
        assert fenced(name, lambda: (job(), None)[1], passing=StoreError), f"{name} broke"
    except StoreError as error:
        with refused.open("a") as file:
            file.write(f"{name}: {error}\n")


def _opened(url: str, mutant: str | None) -> SqlStore:
    sound = open_store(url)
    if mutant is None:
        return sound
    if mutant == SYNCED_LATE:
        for opened in (sound._reading, sound._writing):  # noqa: SLF001 – a mutant is made of its host
            event.listen(opened, "checkout", partial(_sync_late, _LATE[opened.dialect.name]))
        return sound
    return MUTANTS[mutant](sound._reading, sound._writing, shown=sound._shown)  # noqa: SLF001 – as above


def _sync_late(order: str, opened: Any, *_: object) -> None:  # noqa: ANN401 – whatever the driver's connection is
    opened.execute(order)
    opened.commit()


def _wait(*, traced: bool) -> None:
    for _ in range(10_000):
        status = Path("/proc/self/status").read_text()
        tracer = next(line.split()[1] for line in status.splitlines() if line.startswith("TracerPid"))
        if (tracer != "0") == traced:
            return
        time.sleep(0.002)
    raise AssertionError(f"nobody came or went; traced: {traced}")
