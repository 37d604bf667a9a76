"""A breach, a roll-back, and its clock, on a real Prometheus: verified, flagged, and the same with a daemon killed."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from stopwatch.demo.prometheus import free_port
from tests.stories.world import at, eventually, prometheus, write_rules

pytestmark = pytest.mark.slow

FATES = [
    pytest.param(False, id="watched throughout", marks=pytest.mark.long),
    pytest.param(True, id="killed in between"),
]

GO_LIVE, BREACH, NOW = 210, 215, 260
"""Seconds of history: the baseline's lie before go-live, and the story begins at `NOW`."""
BACK = NOW + 15
"""Until then the KPI is outside its band."""
HOLD, WITHIN = 8, 25
BEFORE, BROKEN, AGAIN = 5.0, 50.0, 5.5


@dataclass(frozen=True, slots=True)
class Site:
    """A rule folder, a database and a Prometheus whose history began at *begin* (epoch seconds)."""

    folder: Path
    prometheus: str
    begin: int
    port: int

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {
            "STOPWATCH_CONFIG": str(self.folder / "rules"),
            "STOPWATCH_DATABASE_URL": f"sqlite:///{self.folder}/stopwatch.db",
            "STOPWATCH_PROMETHEUS_URL": self.prometheus,
            "STOPWATCH_LISTEN": f"127.0.0.1:{self.port}",
            "STOPWATCH_LOG_LEVEL": "warning",
        }

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run ``stopwatch`` as a person does."""
        command = [sys.executable, "-m", "stopwatch", *words]
        return subprocess.run(command, env=self.env, capture_output=True, text=True, check=False, timeout=60)

    def json(self, *words: str) -> Any:  # noqa: ANN401 – any JSON
        done = self.run(*words, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def daemon(self) -> Iterator[None]:
        """Run the daemon as its own process, and kill it."""
        process = subprocess.Popen([sys.executable, "-m", "stopwatch", "run"], env=self.env)
        try:
            yield
        finally:
            process.kill()
            process.wait(30)

    def decision(self, state: str | None = None) -> dict[str, Any] | None:
        """The only decision, once it is in *state*, as the records tell."""
        return only(self.json("decisions", "list"), state)

    def soon(self, what: str, state: str | None, key: str = "id") -> Any:  # noqa: ANN401 – any JSON
        """Wait until the daemon shows the only decision in *state*, with something under *key*; return that."""
        address = f"http://127.0.0.1:{self.port}/api/v1/decisions"

        def shown() -> object:
            try:
                found = only(httpx.get(address, timeout=10, trust_env=False).json(), state)
            except httpx.TransportError:
                return None
            return found and found[key]

        return eventually(what, shown)


def only(found: dict[str, Any], state: str | None) -> dict[str, Any] | None:
    """Return the only decision of *found* if it is in *state*."""
    assert len(found["decisions"]) <= 1
    return next((one for one in found["decisions"] if state in {None, one["state"]}), None)


@contextmanager
def site(folder: Path, *, recovers: bool) -> Iterator[Site]:
    """A site whose baseline is known, which breaches, and whose KPI comes back at `BACK`, or does not."""
    begin = int(time.time()) - NOW
    rules = folder / "rules"
    write_rules(rules, {"ham-01": "pilot"}, datetime.fromtimestamp(begin + GO_LIVE, UTC))
    plan = json.loads((rules / "rollout.yaml").read_text())
    plan["rollback"] = {"hold": f"{HOLD}s", "within": f"{WITHIN}s", "band": 1.2}
    (rules / "rollout.yaml").write_text(json.dumps(plan))
    limit = (rules / "stop-rules.yaml").read_text().replace("threshold: 10", "threshold: {baseline: median, factor: 2}")
    (rules / "stop-rules.yaml").write_text(limit)
    later = AGAIN if recovers else BROKEN
    values = [BEFORE] * BREACH + [BROKEN] * (BACK - BREACH) + [later] * 300
    with prometheus(folder / "prometheus", {"ham-01": values}, begin) as server:
        yield Site(folder, server.url, begin, free_port())


def freeze(made: Site) -> None:
    """Freeze what the site was like before it went live."""
    until = at(made.begin + GO_LIVE)
    frozen = made.json("rollout", "baseline", "ham-01", "--window", "200s", "--until", until)
    assert frozen["body"]["kpis"]["load"]["median"] == BEFORE


def rolled_back(made: Site) -> dict[str, Any]:
    """The decision once the breach has opened it and a person has rolled back."""
    made.soon("it is paused", "open")
    opened = made.decision("open")
    assert opened is not None
    act = ("decisions", "roll-back", opened["id"], "--what", "release", "--from", "2", "--to", "1", "--reason", "load")
    after: dict[str, Any] = made.json(*act)
    assert after["state"] == "rolled_back"
    return after


def time_of(decision: dict[str, Any]) -> float:
    """When the newest act happened, in epoch seconds."""
    return datetime.fromisoformat(decision["acts"][-1]["at"]).timestamp()


def summary(decision: dict[str, Any]) -> tuple[Any, ...]:
    last = decision["acts"][-1]
    return decision["state"], last["act"], last["actor"], last["at"], last["reason"]


@pytest.mark.parametrize("killed", FATES)
def test_kpis_that_return_verify_the_roll_back(tmp_path: Path, *, killed: bool) -> None:
    with site(tmp_path, recovers=True) as made:
        freeze(made)
        with made.daemon():
            after = rolled_back(made)
            if not killed:
                assert made.soon("the clock runs", None, "clock")["hold_seconds"] == HOLD
                made.soon("it is verified", "verified")
        if killed:
            eventually("its time is long over", lambda: time.time() > time_of(after) + WITHIN)
            with made.daemon():
                made.soon("it is verified", "verified")
        done = made.decision("verified")
        assert done is not None
        # A machine that is busy may roll back after the KPI came back: then the slots since count.
        since = max(made.begin + BACK, math.ceil(time_of(after)))
        verified = since + HOLD
        said = [datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M:%S") for second in (since, verified)]
        reason = f"every required KPI was inside the band from {said[0]} to {said[1]} UTC".replace(":00 ", " ")
        assert summary(done) == ("verified", "rollback-verified", "daemon", at(verified), reason)
        assert made.run("audit", "verify").returncode == 0


@pytest.mark.long  # what is flagged, and when, tests/watch/test_rollback.py holds in every check
@pytest.mark.parametrize("killed", FATES)
def test_kpis_that_do_not_return_flag_the_roll_back(tmp_path: Path, *, killed: bool) -> None:
    with site(tmp_path, recovers=False) as made:
        freeze(made)
        with made.daemon():
            after = rolled_back(made)
            over = int(time_of(after)) + WITHIN
            if not killed:
                made.soon("it is flagged", "flagged")
        if killed:
            eventually("its time is long over", lambda: time.time() > over + 3)
            with made.daemon():
                made.soon("it is flagged", "flagged")
        flagged = made.decision("flagged")
        assert flagged is not None
        assert summary(flagged)[:4] == ("flagged", "rollback-flagged", "daemon", at(over))
        assert flagged["paused"]
        assert "outside the band" in flagged["acts"][-1]["reason"]
