"""Two daemons on one PostgreSQL, each as a database user of its own, so that the database tells who wrote what."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from stopwatch.demo.prometheus import free_port
from stopwatch.store.connect import open_store
from tests.store.postgres import Cluster
from tests.stories.crash_daemon import live
from tests.stories.crash_data import HISTORY
from tests.stories.crash_findings import Findings
from tests.stories.crash_harness import PATIENCE, Outside, Track
from tests.stories.namespaces import Link, Namespace, enter
from tests.stories.world import eventually

LEASE = "4s"
A_HUNDRED = [pytest.param(25, id=f"part {number} of 4", marks=pytest.mark.long) for number in range(1, 5)]
"""Turns, in parts that workers share."""
BEARER = "swt_replicas"
AUTHORIZED = {"Authorization": f"Bearer {BEARER}"}
LED = {"rule_states": "INSERT OR UPDATE", "progress": "INSERT OR UPDATE", "outbox": "UPDATE OF state"}
"""What only the leader writes: where rules and queries stand, and what became of a message."""

_WATCH = """
CREATE TABLE writes (who text NOT NULL, holder text NOT NULL, epoch bigint NOT NULL, nth bigserial);
CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO writes SELECT session_user, holder, epoch FROM lease;
    RETURN NULL;
END
$$;
"""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a replica lives when it shares no network with others: its links to the database and to Prometheus."""

    net: Namespace
    database: Link
    data: Link

    def settings(self, given: Mapping[str, object]) -> dict[str, object]:
        """Return the settings as they are in here."""
        database, data = urlsplit(str(given["database_url"])), urlsplit(str(given["prometheus_url"]))
        return {
            **given,
            "database_url": f"postgresql://{database.username}@{self.database.near}{database.path}",
            "prometheus_url": f"http://{self.data.near}:{data.port}{data.path}",
        }


class Replica:
    """One daemon in a process of its own."""

    def __init__(self, given: Mapping[str, object], log: Path, cell: Cell | None, mutant: str | None) -> None:
        """Start it."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.cell = cell
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["tests.stories.crash_daemon"])
        settings = {**(cell.settings(given) if cell else given), "listen": f"127.0.0.1:{port}"}
        life = (settings, mutant, None, str(log))
        self.process = context.Process(target=live_in, args=(cell.net.path if cell else "", *life))
        self.process.start()

    @property
    def pid(self) -> int:
        """The process's number."""
        assert self.process.pid is not None
        return self.process.pid

    def get(self, path: str) -> Any:  # noqa: ANN401 – JSON
        """Return the JSON at *path*; nothing while it does not answer."""
        try:
            return self.ask(path).json()
        except (httpx.HTTPError, ValueError):
            return {}

    def ask(self, path: str, *, seconds: float = 5) -> httpx.Response:
        """Ask for *path*, and wait for so long."""
        with self._inside():
            return httpx.get(self.url + path, headers=AUTHORIZED, timeout=seconds, trust_env=False)

    def post(self, path: str, body: Mapping[str, object]) -> httpx.Response:
        """Ask for an act."""
        with self._inside():
            return httpx.post(self.url + path, json=body, headers=AUTHORIZED, timeout=40, trust_env=False)

    def _inside(self) -> AbstractContextManager[None]:
        return self.cell.net.inside() if self.cell else nullcontext()

    @property
    def leads(self) -> bool:
        """Whether it says that it leads."""
        return bool(self.get("/-/ready").get("role") == "leader")

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return "State:\tT" in status

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        os.kill(self.pid, number)

    def end(self) -> None:
        """Let it end as an operator would."""
        self.process.terminate()
        self.process.join(20)
        self.process.kill()
        self.process.join()


@dataclass(slots=True)
class Pair:
    """Two replicas, their database and the data that they watch."""

    replicas: list[Replica]
    track: Track
    url: str
    rules: Path
    origin: int

    def leader(self, *, other_than: Replica | None = None) -> Replica:
        """Wait until one of them leads and return it."""

        def found() -> Replica | None:
            return next((one for one in self.replicas if one is not other_than and one.leads), None)

        led: Replica = eventually("one of them leads", found)
        return led

    def follower(self) -> Replica:
        """Return the one that does not lead."""
        leader = self.leader()
        other = next(one for one in self.replicas if one is not leader)
        self.follows(other)
        return other

    def follows(self, replica: Replica) -> None:
        """Wait until a replica says that it follows."""
        eventually("it follows", lambda: replica.get("/-/ready").get("role") == "follower")

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the database itself."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query.encode()).fetchall()

    def epoch(self) -> int:
        """How often the lease was taken."""
        return int(self.ask("SELECT epoch FROM lease")[0][0])

    def writes(self) -> tuple[int, int]:
        """How many statements changed what only a leader writes, and how many of them were not the holder's."""
        names = {f"replica_{number}": str(one.pid) for number, one in enumerate(self.replicas)}
        found = self.ask("SELECT who, holder FROM writes")
        return len(found), sum(names[who] != holder.rpartition("/")[2] for who, holder in found)

    def terms(self) -> list[tuple[int, str]]:
        """Who wrote in which epoch what only a leader writes, in the order in which it was written."""
        found = self.ask("SELECT epoch, who FROM writes ORDER BY nth")
        return [term for term, _group in groupby(found)]

    def at_rest(self) -> Findings:
        """Wait until everything is judged and told; return what is lost or doubled."""
        store, findings = open_store(self.url), Findings()
        try:
            self.track.rest(store, self.origin)
            self.track.compare(store, self.rules, self.origin, findings)
        finally:
            store.close()
        return findings


def live_in(net: str, *life: Any) -> None:  # noqa: ANN401 – what `live` takes
    """Be the daemon in the network namespace at the path *net*, if there is one."""
    if net:
        enter(net)
    live(*life)


@contextmanager
def pair(
    folder: Path,
    places: Outside,
    server: Cluster,
    template: str,
    *,
    past: int = HISTORY,
    cells: Sequence[Cell | None] = (None, None),
    mutant: str | None = None,
    **more: object,
) -> Iterator[Pair]:
    """Start two replicas at the same moment on a new database, with *past* seconds of history to catch up."""
    folder.mkdir(parents=True, exist_ok=True)
    tokens = folder / "tokens.yaml"
    token = {"name": "robot", "sha256": hashlib.sha256(BEARER.encode()).hexdigest(), "scopes": ["read", "act", "admin"]}
    tokens.write_text(json.dumps({"tokens": [token]}))
    with server.database(template) as name, ExitStack() as stack:
        patience = PATIENCE + HISTORY - past
        track = Track(0, folder, places, random.Random(1), database=server.address(name), patience=patience)
        rules, origin = track.begin(int(time.time()) - past)
        url = server.address(name)
        _watch_writes(url)
        given = track.settings(rules) | {"lease": LEASE} | more
        given |= {"api_tokens_file": tokens}
        replicas = []
        for number, cell in enumerate(cells):
            mine = url.replace("postgres@", f"replica_{number}@")
            replicas.append(Replica(given | {"database_url": mine}, folder / f"log-{number}", cell, mutant))
            stack.callback(replicas[-1].end)
        yield Pair(replicas, track, url, rules, origin)


def _watch_writes(url: str) -> None:
    """Let the database note who writes what only the leader writes, and who holds the lease in that transaction."""
    triggers = "".join(
        f"CREATE TRIGGER noted AFTER {what} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION note_write();"
        for table, what in LED.items()
    )
    roles = "".join(
        f"DO $$ BEGIN CREATE ROLE replica_{number} SUPERUSER LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        for number in range(2)
    )
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute((_WATCH + triggers + roles).encode())
