"""The daemon is killed over and over while it catches up and tells: nothing is lost, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stories.crash_harness import A_THOUSAND, KILLS, Outside, outside, run_tracks
from tests.stories.crash_servers import TRACKS


@pytest.fixture(scope="module")
def places() -> Iterator[Outside]:
    with outside() as running:
        yield running


@pytest.mark.slow
def test_fifty_kills_lose_nothing_and_double_nothing(places: Outside, tmp_path: Path) -> None:
    findings = run_tracks(tmp_path, places, seed=20261121, kills=17)
    assert findings.kills >= 50
    assert findings.grounds > 100
    assert findings.messages > 50
    assert (findings.lost, findings.doubled) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mutant", "tripwire"),
    [
        pytest.param("mark-then-send", ("mark", "return", 4), id="mark then send"),
        pytest.param("separate-commits", ("go_on", "call", 10), id="state and outbox in separate commits"),
    ],
)
def test_the_same_harness_notices_a_mutant(
    places: Outside, tmp_path: Path, mutant: str, tripwire: tuple[str, str, int]
) -> None:
    findings = run_tracks(
        tmp_path, places, seed=7, kills=5, mutant=mutant, tripwires=(tripwire,), patience=25.0, lives=4
    )
    assert findings.lost or findings.doubled


LIVE = 30
"""So that there is something to do in most of the lives."""


@pytest.mark.long
@pytest.mark.parametrize("part", A_THOUSAND)
def test_a_thousand_kills_lose_nothing_and_double_nothing(places: Outside, tmp_path: Path, part: int) -> None:
    findings = run_tracks(tmp_path, places, seed=1, part=part, kills=KILLS, live=LIVE)
    assert findings.kills == KILLS * TRACKS
    assert findings.grounds > 100
    assert (findings.lost, findings.doubled) == ([], [])
