"""Prometheus is away, for an hour or now and then: the grounds are those of a run in which it never was."""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest

from stopwatch.app.clock import Clock
from stopwatch.app.daemon import Daemon
from stopwatch.core.decision import Ground
from stopwatch.store.connect import open_store
from stopwatch.telemetry.metrics import Metrics
from tests.prometheus.scripted import ScriptedServer, Seen, http
from tests.stories.world import RULES, settings_for, write_rules

pytestmark = pytest.mark.slow

T0 = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
LENGTH = 170
"""Minutes that are lived through."""
BREACHES = {
    "ham-01": ((10, 22), (55, 68), (75, 86), (112, 126), (140, 152)),
    "lodz": ((61, 119), (121, 123), (130, 141)),
}
"""The minutes in which each site breaches: before, into, within, out of and after the hour of `OUTAGE`."""
OUTAGE = frozenset(range(60, 120))
MINUTE_RULES = RULES.replace("step: 1s", "step: 60s").replace("for: 5s", "for: 5m").replace("for: 3s", "for: 3m")
REFUSALS = (
    http("", 503),
    http("<html>bad gateway</html>", 502),
    http(orjson.dumps({"status": "success", "warnings": ["partial"], "data": {"resultType": "matrix", "result": []}})),
    http('{"status":"success","data":{"resultType":"ma'),
)


class Hands(Clock):
    """A wall clock that stands still until it is moved, and waits that take no time."""

    at = T0

    def wall(self) -> datetime:  # type: ignore[override] # the real one needs no instance
        return self.at

    @staticmethod
    def sleep(seconds: float) -> None:
        """Do not wait."""


class Known(NamedTuple):
    """What is known of one ground, but for when it was found."""

    site: str | None
    rule: str | None
    opened_at: datetime
    pending_since: datetime | None
    recovered_at: datetime | None

    @classmethod
    def of(cls, ground: Ground) -> Known:
        """Leave out when it was recorded."""
        return cls(ground.site, ground.rule, ground.opened_at, ground.pending_since, ground.recovered_at)


@dataclass(slots=True)
class Flapping:
    """A Prometheus that is away in the minutes *away*, each time in another way."""

    hands: Hands
    away: Collection[int]
    asked: int = 0

    def __call__(self, seen: Seen) -> bytes:
        if (self.hands.at - T0) // timedelta(minutes=1) in self.away:
            self.asked += 1
            return REFUSALS[self.asked % len(REFUSALS)]
        if not seen.path.endswith("/query_range"):
            return http("", 404)
        first, last = (round(float(seen.form[name])) for name in ("start", "end"))
        result = [
            {"metric": {"site": site}, "values": [[at, load(site, at)] for at in range(first, last + 1, 60)]}
            for site in BREACHES
        ]
        return http(orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))


def load(site: str, at: int) -> str:
    minute = (at - T0.timestamp()) / 60
    return "20" if any(begin <= minute < end for begin, end in BREACHES[site]) else "1"


def lived(folder: Path, away: Collection[int]) -> list[Ground]:
    """Return the grounds of a run of which Prometheus misses the minutes *away*."""
    folder.mkdir()
    rules = write_rules(folder / "rules", dict.fromkeys(BREACHES, "pilot"), T0, rules=MINUTE_RULES)
    hands = Hands()
    store = open_store(f"sqlite:///{folder}/stopwatch.db")
    with ScriptedServer(Flapping(hands, away)) as source:
        daemon = Daemon(settings_for(folder, rules, source.url), store, hands, Metrics(version="0", now=hands.now))
        for second in range(0, LENGTH * 60, 60):
            hands.at = T0 + timedelta(seconds=second + 5)
            daemon.tick("default")
        daemon.close()
    with store.reading() as view:
        decisions = view.decisions("story")
    assert store.verify_audit() is None
    store.close()
    assert len(decisions) == len(BREACHES)
    return sorted((ground for each in decisions for ground in each.grounds), key=Known.of)


@pytest.fixture(scope="module")
def never_away(tmp_path_factory: pytest.TempPathFactory) -> list[Known]:
    """The grounds of a run without any outage."""
    grounds = lived(tmp_path_factory.mktemp("never") / "away", ())
    assert not any(ground.detected_late for ground in grounds)
    return [Known.of(ground) for ground in grounds]


def test_without_an_outage_every_breach_of_its_window_is_a_ground(never_away: list[Known]) -> None:
    held = [(site, begin + 5) for site, spans in BREACHES.items() for begin, end in spans if end - begin > 5]
    opened = [(known.site, (known.opened_at - T0) // timedelta(minutes=1)) for known in never_away]
    assert opened == sorted(held)


def test_an_hour_without_prometheus_changes_no_ground(memory_path: Path, never_away: list[Known]) -> None:
    grounds = lived(memory_path / "hour", OUTAGE)
    assert [Known.of(ground) for ground in grounds] == never_away
    late = [(ground.opened_at - T0) // timedelta(minutes=1) for ground in grounds if ground.detected_late]
    assert sorted(late) == [60, 66, 80]


def pattern(seed: int) -> frozenset[int]:
    """Minutes at random, in stretches of one to forty; the last ones are always there."""
    chance, away, minute = random.Random(seed), set[int](), 0
    while minute < LENGTH - 5:
        down, up = chance.randint(1, 40), chance.randint(1, 25)
        minute += up
        away |= set(range(minute, min(minute + down, LENGTH - 5)))
        minute += down
    return frozenset(away)


def same(folder: Path, never_away: list[Known], seeds: range) -> None:
    for seed in seeds:
        grounds = lived(folder / str(seed), pattern(seed))
        assert [Known.of(ground) for ground in grounds] == never_away, f"seed {seed}"


def test_a_prometheus_that_comes_and_goes_changes_no_ground(memory_path: Path, never_away: list[Known]) -> None:
    same(memory_path, never_away, range(2))


@pytest.mark.long
def test_twenty_random_patterns_of_outages_change_no_ground(memory_path: Path, never_away: list[Known]) -> None:
    same(memory_path, never_away, range(20))
