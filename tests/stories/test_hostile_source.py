"""A daemon whose Prometheus answers with wounded bodies: no slot is lost, every refusal is counted by its reason."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from stopwatch.app.daemon import Daemon
from stopwatch.store.connect import open_store
from stopwatch.store.sql import SqlStore
from stopwatch.telemetry.metrics import Metrics
from tests.prometheus.scripted import ScriptedServer, Seen, http
from tests.prometheus.test_hostile_bodies import mutated
from tests.stories.test_outages import MINUTE_RULES, T0, Hands
from tests.stories.world import settings_for, write_rules

SITES = ("ham-01", "lodz")
HEALTHY = 20
COUNTED = re.compile(r'^stopwatch_prometheus_queries_total\{outcome="(\w+)",source="default"\} (\d+)', re.MULTILINE)


@dataclass(slots=True)
class Wounded:
    """Answers rightly until it has a seed, then with wounds."""

    seed: int | None = None

    def __call__(self, seen: Seen) -> bytes:
        if not seen.path.endswith("/query_range"):
            return http("", 404)
        first, last = (round(float(seen.form[name])) for name in ("start", "end"))
        values = [[at, "1"] for at in range(first, last + 1, 60)]
        result = [{"metric": {"site": site}, "values": values} for site in SITES]
        body = orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})
        return http(body if self.seed is None else mutated(random.Random(self.seed), body))


@dataclass(slots=True)
class Watched:
    """The daemon, its hands and its records."""

    daemon: Daemon
    hands: Hands
    store: SqlStore

    def tick(self) -> None:
        """Let a minute pass."""
        self.hands.at += timedelta(minutes=1)
        self.daemon.tick("default")

    def reached(self) -> datetime:
        """Up to when everything was judged."""
        with self.store.reading() as view:
            return min(view.progress("story").values())

    def counted(self) -> dict[str, int]:
        """How many queries came to what."""
        page = self.daemon.board.page(compressed=False).decode()
        return {outcome: int(count) for outcome, count in COUNTED.findall(page)}


@contextmanager
def watched(folder: Path, source: Wounded) -> Iterator[Watched]:
    rules = write_rules(folder / "rules", dict.fromkeys(SITES, "pilot"), T0, rules=MINUTE_RULES)
    hands, store = Hands(), open_store(f"sqlite:///{folder}/stopwatch.db")
    hands.at += timedelta(seconds=5)
    with ScriptedServer(source) as server:
        settings = settings_for(folder, rules, server.url)
        daemon = Daemon(settings, store, hands, Metrics(version="0", now=hands.now))
        yield Watched(daemon, hands, store)
        daemon.close()
    store.close()


def wound_often(folder: Path, seeds: range) -> set[str]:
    """Let a body be wounded at every tick, but for one in *HEALTHY*; return the reasons of all refusals."""
    source, reasons = Wounded(), set[str]()
    with watched(folder, source) as run:
        run.tick()
        reached, counts = run.reached(), run.counted()
        for seed in seeds:
            healthy = seed % HEALTHY == 0
            source.seed, before, known = None if healthy else seed, reached, counts
            run.tick()
            reached, counts = run.reached(), run.counted()
            new = {outcome: counts[outcome] - known[outcome] for outcome in counts if counts[outcome] != known[outcome]}
            assert sum(new.values()) == 1, seed
            assert (reached > before) == (new == {"ok": 1}), f"seed {seed}: {new}"
            if reached > before:
                assert reached == run.hands.at.replace(second=0), seed
            assert reached > before or not healthy, seed
            reasons |= new.keys()
    return reasons


def test_wounded_bodies_consume_no_slot_and_are_counted_by_reason(memory_path: Path) -> None:
    assert wound_often(memory_path, range(60)) >= {"ok", "not_json", "malformed", "status_error"}


@pytest.mark.long
def test_ten_thousand_wounded_bodies_consume_no_slot_and_are_counted_by_reason(memory_path: Path) -> None:
    wound_often(memory_path, range(1_000, 11_600))
