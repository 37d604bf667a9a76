"""A network that parts a replica from the database, in network namespaces: nothing stale, lost or doubled."""

from __future__ import annotations

import logging
import random
import time
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from stopwatch.store.connect import open_store
from tests.store.postgres import cluster
from tests.stories.crash_data import HISTORY
from tests.stories.crash_harness import outside
from tests.stories.namespaces import impossible, link, namespaces
from tests.stories.replicas import Cell, Pair, Replica, pair
from tests.stories.world import eventually

log = logging.getLogger(__name__)

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("default:.*NOT tried")]

TURNS = 10
UNHEARD = 20.0
"""Seconds after which a replica that is cut off must know it: libpq's patience, and some for a busy machine."""


@pytest.fixture
def parted(tmp_path: Path) -> Iterator[Pair | None]:
    """
    Two replicas, the database and Prometheus in three networks; Slack is where every replica is.

    None where no namespaces can be made, which is said.
    """
    reason = impossible()
    if reason:
        warnings.warn(f"that a network parts replicas and database was NOT tried: {reason}", stacklevel=2)
        yield None
        return
    with outside() as places, namespaces(3) as (home, *nets), ExitStack() as stack:
        with home.inside():
            server = stack.enter_context(cluster(listen="*"))
        stack.enter_context(home.door(_port(places.prometheus)))
        cells = []
        for number, net in enumerate(nets):
            stack.enter_context(net.door(_port(places.slack)))
            cells.append(Cell(net, link(home, net, 2 * number), link(home, net, 2 * number + 1)))
        with server.database() as template:
            open_store(server.address(template)).close()
            yield stack.enter_context(
                pair(tmp_path / "two", places, server, template, lease="4s", past=HISTORY // 2, cells=cells)
            )


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def test_a_leader_that_is_cut_off_is_replaced_and_changes_nothing_any_more(parted: Pair | None) -> None:
    if parted is None:
        return
    rng, taken, back = random.Random(1), [], []
    for turn in range(TURNS):
        leader, before = parted.leader(), parted.epoch()
        time.sleep(rng.uniform(0, 1.5))
        began = _cut(leader, whole=turn % 2 == 1)
        parted.leader(other_than=leader)
        taken.append(round(time.monotonic() - began, 1))
        assert parted.epoch() > before
        eventually("it knows that it no longer leads", partial(_says, leader, "role", "follower"))
        time.sleep(rng.uniform(0, UNHEARD / 2))
        back.append(_mended(leader))
    log.info("seconds until the other led: %s; until the one that was cut off followed: %s", taken, back)
    _nothing_is_wrong(parted)


def test_a_follower_that_is_cut_off_disturbs_nobody_and_comes_back(parted: Pair | None) -> None:
    if parted is None:
        return
    rng, known, back = random.Random(2), [], []
    for turn in range(TURNS):
        follower, before = parted.follower(), parted.epoch()
        began = _cut(follower, whole=turn % 2 == 1)
        eventually("it says so", partial(_says, follower, "database", "down"), seconds=UNHEARD)
        known.append(round(time.monotonic() - began, 1))
        time.sleep(rng.uniform(0, UNHEARD / 2))
        assert parted.leader(other_than=follower).leads
        back.append(_mended(follower))
        assert parted.epoch() == before
    log.info("seconds until the follower said that it is cut off: %s; until it followed again: %s", known, back)
    _nothing_is_wrong(parted)


def _says(replica: Replica, what: str, word: str) -> bool:
    return bool(replica.get("/-/ready").get(what) == word)


def _cut(replica: Replica, *, whole: bool) -> float:
    """Part a replica from the database, if *whole* from Prometheus too, but not from Slack; return when."""
    assert replica.cell is not None
    replica.cell.database.cut()
    if whole:
        replica.cell.data.cut()
    return time.monotonic()


def _mended(replica: Replica) -> float:
    """Let a replica reach everything again; return the seconds until it follows."""
    assert replica.cell is not None
    replica.cell.database.mend()
    replica.cell.data.mend()
    began = time.monotonic()

    def follows() -> bool:
        said = replica.get("/-/ready")
        return bool(said.get("ready") and said["role"] == "follower" and said["database"] == "up")

    eventually("it follows again", follows)
    return round(time.monotonic() - began, 1)


def _nothing_is_wrong(parted: Pair) -> None:
    findings = parted.at_rest()
    assert findings.grounds > 20
    assert (findings.lost, findings.doubled) == ([], [])
    written, stale = parted.writes()
    assert written > 50
    assert stale == 0
    terms = parted.terms()
    assert [epoch for epoch, _who in terms] == sorted({epoch for epoch, _who in terms})
