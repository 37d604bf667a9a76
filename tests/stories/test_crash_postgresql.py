"""The same kills on PostgreSQL, where a life must take the lease first: nothing is lost, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.store.postgres import cluster
from tests.stories.crash_harness import A_THOUSAND, KILLS, LONGEST_LIFE, Outside, outside, run_tracks
from tests.stories.crash_servers import TRACKS

LIVES = LONGEST_LIFE + 1.0
"""Seconds; a life on PostgreSQL looks at its tables and takes the lease before it can work."""


@pytest.fixture(scope="module")
def places() -> Iterator[Outside]:
    with outside() as running:
        yield running


@pytest.fixture(scope="module")
def databases() -> Iterator[Iterator[str]]:
    """Addresses of as many new databases as are asked for, on a PostgreSQL of its own."""
    with ExitStack() as stack:
        server = stack.enter_context(cluster())
        yield (server.address(stack.enter_context(server.database())) for _ in iter(int, 1))


@pytest.mark.slow
def test_kills_on_postgresql_lose_nothing_and_double_nothing(
    places: Outside, tmp_path: Path, databases: Iterator[str]
) -> None:
    findings = run_tracks(tmp_path, places, seed=11, kills=2, databases=databases, lives=LIVES)
    assert findings.kills == 2 * TRACKS
    assert findings.grounds > 100
    assert findings.messages > 50
    assert (findings.lost, findings.doubled) == ([], [])


@pytest.mark.long
@pytest.mark.parametrize(
    ("mutant", "tripwire"),
    [
        pytest.param("mark-then-send", ("mark", "return", 4), id="mark then send"),
        pytest.param("separate-commits", ("go_on", "call", 10), id="state and outbox in separate commits"),
    ],
)
def test_the_same_harness_notices_a_mutant_on_postgresql(
    places: Outside, tmp_path: Path, databases: Iterator[str], mutant: str, tripwire: tuple[str, str, int]
) -> None:
    findings = run_tracks(
        tmp_path,
        places,
        seed=7,
        kills=5,
        mutant=mutant,
        tripwires=(tripwire,),
        patience=25.0,
        databases=databases,
        lives=2 * LIVES,
    )
    assert findings.lost or findings.doubled


@pytest.mark.long
@pytest.mark.parametrize("part", A_THOUSAND)
def test_a_thousand_kills_on_postgresql_lose_nothing_and_double_nothing(
    places: Outside, tmp_path: Path, databases: Iterator[str], part: int
) -> None:
    findings = run_tracks(tmp_path, places, seed=2, part=part, kills=KILLS, databases=databases, lives=LIVES)
    assert findings.kills == KILLS * TRACKS
    assert findings.grounds > 100
    assert (findings.lost, findings.doubled) == ([], [])
