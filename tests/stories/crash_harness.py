"""Lives that end by SIGKILL, one after the other, until all is at rest; then the records and Slack are compared."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from stopwatch.app.building import load
from stopwatch.core.decision import Decision
from stopwatch.core.grid import EPOCH
from stopwatch.core.kpi import RuleId, SiteId
from stopwatch.core.outbox import MessageKind, OutboxState, root_key, thread_key
from stopwatch.store.connect import open_store
from stopwatch.store.sql import SqlStore
from tests.store.postgres import end_lease
from tests.stories.crash_daemon import Tripwire
from tests.stories.crash_data import CATCH_UP, QUIET, SITES, Told, Truth, channel, write_rules
from tests.stories.crash_findings import Findings
from tests.stories.crash_life import KILLED, begin, let_live
from tests.stories.crash_servers import TOKEN, TRACKS

LONGEST_LIFE = 2.0
FOLLOWED = {MessageKind.ROOT, MessageKind.GROUND, MessageKind.RECOVERED}
"""Messages that follow from the grounds; of any others it is only asked that they are there once."""
PATIENCE = 600.0
SETTLED = QUIET + 12
QUERIES = 3
"""How many pairs of query and grid there are."""
TRIPWIRES = (
    ("read", "call", 4),
    ("writing", "call", 90),
    ("writing", "return", 90),
    ("save_decision", "return", 120),
    ("enqueue", "return", 120),
    ("save_progress", "call", 6),
    ("claim", "return", 12),
    ("post", "call", 12),
    ("post", "return", 12),
    ("upload", "return", 4),
    ("settle", "return", 12),
    ("find", "return", 3),
)
"""Where a life may end by itself: a function, entered or left, at most so many times."""


@dataclass(frozen=True, slots=True)
class Outside:
    """The addresses of the programs outside."""

    prometheus: str
    slack: str


@contextmanager
def outside() -> Iterator[Outside]:
    """Run Prometheus and Slack as programs of their own."""
    command = [sys.executable, "-m", "tests.stories.crash_servers"]
    programs = [
        subprocess.Popen([*command, which], stdout=subprocess.PIPE, text=True) for which in ("prometheus", "slack")
    ]
    try:
        yield Outside(*(program.stdout.readline().strip() for program in programs if program.stdout is not None))
    finally:
        for program in programs:
            program.terminate()
            program.communicate(timeout=20)


@dataclass(slots=True)
class Track:
    """One database with its own data and its own channels, from empty to rest; tracks run side by side."""

    number: int
    folder: Path
    outside: Outside
    rng: random.Random
    mutant: str | None = None
    tripwires: tuple[tuple[str, str, int], ...] = TRIPWIRES
    patience: float = PATIENCE
    database: str = ""
    lives: float = LONGEST_LIFE
    live: int = 6
    """How many of the seconds in which something changes come while it lives, and not before."""

    def run(self, kills: int) -> Findings:
        """Kill so many lives, let one more come to rest, and compare."""
        rules, origin = self.begin(int(time.time()) - (QUIET - self.live))
        given = self.settings(rules)
        findings = Findings(kills=kills)
        self._life(given)
        store = open_store(str(given["database_url"]))
        try:
            for _ in range(kills - 1):
                findings.lost += self._half_written(store)
                self._life(given)
            findings.lost += self._half_written(store)
            self._last_life(given, store, origin)
            self.compare(store, rules, origin, findings)
        finally:
            store.close()
        return findings

    def begin(self, origin: int) -> tuple[Path, int]:
        """Let the data begin at *origin* (epoch seconds); return the rule folder and the origin."""
        rules = write_rules(self.folder / "rules", self.number, origin)
        _get(f"{self.outside.prometheus}control/{self.number}?origin={origin}&refuse={self.rng.randint(1, 5)}")
        return rules, origin

    def settings(self, rules: Path) -> dict[str, object]:
        """Return the settings of every life."""
        return {
            "config": rules,
            "lease": "10s",
            "database_url": self.database or f"sqlite:///{self.folder / 'stopwatch.db'}",
            "prometheus_url": f"{self.outside.prometheus}{self.number}",
            "listen": "127.0.0.1:0",
            "slack_base_url": f"{self.outside.slack}api/",
            "slack_bot_token": TOKEN,
            "slack_channel": channel(self.number, SITES[0]),
            "catch_up": CATCH_UP,
        }

    def _life(self, given: Mapping[str, object]) -> None:
        """Let the daemon live until it is killed: at a random moment, or where a tripwire lies."""
        tripwire, seconds = None, self.rng.uniform(0.05, self.lives)
        if self.mutant is not None or self.rng.random() < 0.6:
            name, event, most = self.rng.choice(self.tripwires)
            tripwire, seconds = Tripwire(name, event, self.rng.randint(1, most)), 2 * self.lives
        process = begin(given, self.mutant, tripwire, self.folder / "log")
        let_live(process, seconds)
        if process.exitcode not in KILLED:
            raise AssertionError(f"the daemon ended by itself with {process.exitcode}: {self._said()}")
        process.close()
        if self.database:
            end_lease(self.database)

    def _said(self) -> str:
        return "".join(log.read_text()[-2000:] for log in sorted(self.folder.glob("log*")))

    def _last_life(self, given: Mapping[str, object], store: SqlStore, origin: int) -> None:
        """Live until everything is judged and told, then end as an operator would end it."""
        before, limit = _reached(store, self.number), time.monotonic() + self.patience
        process = begin(given, self.mutant, None, self.folder / "log")
        while time.monotonic() < limit:
            if _reached(store, self.number) > before and _at_rest(store, origin, self.number):
                break
            if not process.is_alive():
                raise AssertionError(f"the daemon ended by itself with {process.exitcode}: {self._said()}")
            time.sleep(0.25)
        process.terminate()
        process.join(20)
        ended = process.exitcode
        process.kill()  # nobody else would, and it would go on asking at addresses that others have by then
        if ended != 0:
            raise AssertionError(f"SIGTERM ended with {ended}: {self._said()}")
        process.join()
        process.close()

    def _half_written(self, store: SqlStore) -> list[str]:
        """Say which messages of recorded grounds a life left out of the outbox; what is wrong is wrong at once."""
        with store.reading() as view:
            decisions = view.decisions(f"crash-{self.number}")
        wanted = {key for decision in decisions for key in self._keys(decision)}
        return [f"outbox row {key}" for key in sorted(wanted - {row.message.key for row in store.rows()})]

    def rest(self, store: SqlStore, origin: int) -> None:
        """Wait until everything is judged and told, or patience is at its end."""
        limit = time.monotonic() + self.patience
        while time.monotonic() < limit and not _at_rest(store, origin, self.number):
            time.sleep(0.25)

    def compare(self, store: SqlStore, rules: Path, origin: int, findings: Findings) -> None:
        """Compare the records and Slack with what one plain fold makes of the data."""
        if not _at_rest(store, origin, self.number):
            findings.lost.append(f"rest: {self._said()}")
        with store.reading() as view:
            decisions = view.decisions(f"crash-{self.number}")
        truth = Counter(Truth(load(rules), origin, _reached(store, self.number)).grounds())
        recorded = Counter(told for decision in decisions for told in _told(decision))
        findings.compare("ground", truth, recorded)
        findings.compare("decision", Counter(SITES), Counter(decision.scope for decision in decisions))
        messages = [
            message
            for site in SITES
            for message in _get(f"{self.outside.slack}control/messages?channel={channel(self.number, site)}")
            if not message["deleted"]
        ]
        expected = Counter(key for decision in decisions for key in self._keys(decision))
        expected += Counter(row.message.key for row in store.rows() if row.message.kind not in FOLLOWED)
        findings.compare("message", expected, Counter(_key(message) for message in messages))
        roots = {message["channel"]: message["ts"] for message in messages if message["thread_ts"] is None}
        findings.lost += [
            f"thread of {_key(message)}"
            for message in messages
            if message["thread_ts"] not in {None, roots.get(message["channel"])}
        ]
        if store.verify_audit() is not None:
            findings.lost.append("audit chain")
        findings.grounds, findings.messages = recorded.total(), len(messages)

    def _keys(self, decision: Decision) -> Iterator[str]:
        """Say what must be told of a decision within half an hour: a card, further rules, live recoveries."""
        where = channel(self.number, decision.scope)
        yield root_key(decision.id, where)
        known = {decision.grounds[0].rule}
        for ground in decision.grounds:
            if ground.rule not in known:
                known.add(ground.rule)
                yield thread_key(decision.id, MessageKind.GROUND, ground.id, where)
            if ground.recovered_at is not None and ground.recorded_at < ground.recovered_at:
                yield thread_key(decision.id, MessageKind.RECOVERED, ground.id, where)


def run_tracks(
    folder: Path,
    places: Outside,
    *,
    seed: int,
    kills: int,
    part: int = 0,
    databases: Iterable[str] = (),
    **more: Any,  # noqa: ANN401 – fields of a track
) -> Findings:
    """Run all tracks side by side, each with so many kills, on *databases* if there are any; *part* is of the seed."""
    whole, fresh = Findings(), iter(databases)
    _get(f"{places.slack}control/reset", method="POST")
    tracks = [
        Track(
            number,
            folder / str(number),
            places,
            random.Random(f"{seed} {part} {number}"),
            database=next(fresh, ""),
            **more,
        )
        for number in range(TRACKS)
    ]
    for track in tracks:
        track.folder.mkdir(parents=True)
    with ThreadPoolExecutor(TRACKS) as pool:
        for found in pool.map(lambda track: track.run(kills), tracks):
            whole.add(found)
    return whole


KILLS = 28
"""On each track in one part of a thousand; so much may be run again alone."""
A_THOUSAND = [pytest.param(number, id=f"part {number + 1} of 12") for number in range(12)]


def _reached(store: SqlStore, track: int) -> datetime:
    """Return up to when everything was judged everywhere; the epoch while something was not judged at all."""
    with store.reading() as view:
        progress, behind = view.progress(f"crash-{track}"), view.behind(f"crash-{track}")
    return min(progress.values()) if len(progress) == QUERIES and not behind else EPOCH


def _at_rest(store: SqlStore, origin: int, track: int) -> bool:
    """Whether everything was judged until nothing changes any more, and everything was told."""
    if _reached(store, track) < datetime.fromtimestamp(origin + SETTLED, UTC):
        return False
    return all(row.state is OutboxState.SENT and row.delivered >= row.desired for row in store.rows())


def _told(decision: Decision) -> Iterator[Told]:
    for ground in decision.grounds:
        yield Told(ground.site or SiteId("?"), ground.rule or RuleId("?"), ground.opened_at, ground.recovered_at)


def _key(message: Mapping[str, Any]) -> str:
    return str(message["metadata"]["event_payload"]["key"]) if message["metadata"] else f"unmarked: {message['text']}"


def _get(url: str, *, method: str = "GET") -> Any:  # noqa: ANN401 – JSON
    with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=20) as answer:  # noqa: S310 – our own servers
        return json.load(answer)
