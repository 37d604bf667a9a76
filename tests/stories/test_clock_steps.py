"""The wall clock of a real daemon is stepped by an hour, to and fro: nothing opens early, and hardly anything late."""

from __future__ import annotations

import itertools
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path

import orjson
import pytest

from stopwatch.demo.prometheus import free_port
from tests.prometheus.scripted import ScriptedServer, Seen, http
from tests.stories import stepping
from tests.stories.world import RULES, Api, at, eventually, write_rules

SITE = "ham-01"
STEP, HOLD = 2, 6
STEPPED_RULES = RULES.replace("step: 1s", f"step: {STEP}s").replace("for: 5s", f"for: {HOLD}s").replace("3s", "4s")
LATE_TICKS = 2
HOUR = 3600


@dataclass(slots=True)
class RightTime:
    """A Prometheus whose clock is right and whose one site breaches from *since* on; it notes what was asked when."""

    since: float = float("inf")
    asked: list[tuple[float, int]] = field(default_factory=list)

    def __call__(self, seen: Seen) -> bytes:
        date = f"Date: {formatdate(time.time(), usegmt=True)}"
        if not seen.path.endswith("/query_range"):
            return http("", 404, date)
        first, last = (round(float(seen.form[name])) for name in ("start", "end"))
        self.asked.append((time.time(), last))
        values = [[at_, "20" if at_ >= self.since else "1"] for at_ in range(first, last + 1, STEP)]
        result = [{"metric": {"site": SITE}, "values": values}]
        body = {"status": "success", "data": {"resultType": "matrix", "result": result}}
        return http(orjson.dumps(body), 200, date)

    @property
    def early(self) -> list[int]:
        """Slots that were asked for before their time."""
        return [last for now, last in self.asked if last > now]

    @property
    def waits(self) -> list[int]:
        """How many ticks lay between one newest slot and the next."""
        ends = sorted({last for _, last in self.asked})
        return [(later - before) // STEP for before, later in itertools.pairwise(ends)]


@dataclass(frozen=True, slots=True)
class WallClock:
    """The wall clock of one process."""

    file: Path

    def step(self, seconds: int) -> None:
        """Set it so many seconds off."""
        with self.file.open("r+b") as file:
            file.write(stepping.in_bytes(seconds))


@pytest.fixture(scope="module")
def shim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that shifts the time of day, compiled."""
    return stepping.compiled(tmp_path_factory.mktemp("shim"))


@contextmanager
def process(folder: Path, shim: Path, source: RightTime, *, off: int = 0) -> Iterator[tuple[WallClock, Api]]:
    """A daemon in a process of its own, whose wall clock can be stepped."""
    rules = write_rules(
        folder / "rules", {SITE: "pilot"}, datetime.fromtimestamp(int(time.time()) - 60, UTC), rules=STEPPED_RULES
    )
    clock, port = WallClock(folder / "off"), free_port()
    clock.file.write_bytes(bytes(8))
    clock.step(off)
    with ScriptedServer(source) as prometheus, (folder / "log").open("wb") as log:
        given = {
            "CONFIG": str(rules),
            "DATABASE_URL": f"sqlite:///{folder}/stopwatch.db",
            "PROMETHEUS_URL": prometheus.url,
            "LISTEN": f"127.0.0.1:{port}",
        }
        environ = {f"STOPWATCH_{name}": value for name, value in given.items()}
        started = subprocess.Popen(
            [sys.executable, "-m", "stopwatch", "run"],
            env={**os.environ, **environ, **stepping.environment(shim, clock.file)},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            eventually("it evaluates", lambda: source.asked or started.poll() is not None)
            yield clock, Api(f"http://127.0.0.1:{port}")
            assert "Traceback" not in (folder / "log").read_text()
        finally:
            started.terminate()
            started.wait(20)


def stepped(folder: Path, shim: Path, moments: int, seed: int) -> None:
    """Step the clock at so many moments, and let the site breach between the last two."""
    chance, source = random.Random(seed), RightTime()
    with process(folder, shim, source) as (clock, api):
        eventually("it has judged what lay behind", lambda: len(source.asked) > 3)
        source.asked.clear()
        for moment in range(moments):
            clock.step(chance.choice((-HOUR, 0, HOUR)) if moment % 2 else chance.choice((-HOUR, HOUR)))
            if moment == moments - 2:
                source.since = (int(time.time()) // STEP + 2) * STEP
            before = len(source.asked)
            time.sleep(chance.uniform(0.2, 2 * STEP))
            eventually("it goes on", lambda before=before: len(source.asked) > before, seconds=30)  # type: ignore[misc] # bound
        assert source.early == []
        assert max(source.waits) <= 1 + LATE_TICKS
        (decision,) = eventually("it is decided", api.decisions, seconds=30)
        assert [ground["opened_at"] for ground in decision["grounds"]] == [at(int(source.since) + HOLD)]


@pytest.mark.slow
def test_steps_of_an_hour_open_nothing_early_and_delay_by_two_ticks_at_most(tmp_path: Path, shim: Path) -> None:
    stepped(tmp_path, shim, moments=6, seed=6)


@pytest.mark.long
def test_fifty_steps_of_an_hour_open_nothing_early_and_delay_by_two_ticks_at_most(tmp_path: Path, shim: Path) -> None:
    stepped(tmp_path, shim, moments=50, seed=50)


@pytest.mark.slow
@pytest.mark.parametrize("off", [pytest.param(HOUR, id="an hour fast"), pytest.param(-HOUR, id="an hour slow")])
def test_a_daemon_that_starts_with_a_wrong_clock_judges_at_the_right_time(tmp_path: Path, shim: Path, off: int) -> None:
    source = RightTime(since=(int(time.time()) // STEP + 4) * STEP)
    with process(tmp_path, shim, source, off=off) as (_clock, api):
        (decision,) = eventually("it is decided", api.decisions, seconds=30)
        assert source.early == []
        assert [ground["opened_at"] for ground in decision["grounds"]] == [at(int(source.since) + HOLD)]
