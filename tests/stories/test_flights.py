"""Real operations: a year of departures, judged as plain arithmetic on the raw rows judges them; a blizzard, live."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from stopwatch.cli import main
from stopwatch.demo.prometheus import PrometheusServer, create_blocks
from tests.stories.flights import (
    BLIZZARD,
    FEBRUARY,
    RULES,
    SLOT,
    STEP,
    YEAR,
    at_its_time,
    cancelled,
    delays,
    faster,
    slot_at,
    write_fast_rules,
    write_history,
)
from tests.stories.world import Api, at, daemon, eventually, settings_for

pytestmark = pytest.mark.slow

LEAD = 12
"""Seconds in which Prometheus and the daemon come up before the hours to come begin."""
Breach = tuple[str, str, str, str | None]
"""Site, rule, opened, recovered."""


def p95(numbers: Sequence[int]) -> float:
    ordered = sorted(numbers)
    rank = 0.95 * (len(ordered) - 1)
    below = int(rank)
    return ordered[below] * (1 - (rank - below)) + ordered[min(below + 1, len(ordered) - 1)] * (rank - below)


def share(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers)


PLAIN = [
    # rule, departures, value, slots of a value, least volume, limit, slots to open, good again, slots to recover
    ("cancellations-high", cancelled, share, 24, 20, 0.15, 7, 0.1, 13),
    ("departures-late", delays, p95, 12, 10, 5400, 13, 3600, 7),
]


def plain_breaches(begin: datetime, end: datetime) -> list[Breach]:
    """Find the breaches from the raw rows: runs of bad slots open, runs of good ones (or of quiet) recover."""
    found: list[Breach] = []
    for rule, departures, value, width, least, limit, hold, good_again, calm in PLAIN:
        for airport, slots in departures().items():
            opened, bad, good = None, 0, 0
            for slot in range(slot_at(begin), slot_at(end) + 1):
                seen = window(slots, slot, max(slot - width, slot_at(begin)))
                number = value(seen) if len(seen) >= least else None
                bad = bad + 1 if number is not None and number > limit else 0
                good = good + 1 if number is None or number <= good_again else 0
                if opened is None and bad >= hold:
                    opened, good = slot, 0
                elif opened is not None and good >= calm:
                    found.append((airport.lower(), rule, at(opened * SLOT), at(slot * SLOT)))
                    opened = None
            if opened is not None:
                found.append((airport.lower(), rule, at(opened * SLOT), None))
    return sorted(found)


def window(slots: dict[int, list[int]], last: int, before: int) -> list[int]:
    return [number for slot in range(before + 1, last + 1) for number in slots.get(slot, ())]


def replayed(url: str, begin: datetime, end: datetime) -> dict[str, Any]:
    words = ["replay", "--start", begin.isoformat(), "--end", end.isoformat(), "--format", "json"]
    environment = {"STOPWATCH_CONFIG": str(RULES), "STOPWATCH_PROMETHEUS_URL": url}
    result = CliRunner().invoke(main, words, env=environment)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize(
    ("span", "least"),
    [
        pytest.param(FEBRUARY, 20, id="February"),
        pytest.param(YEAR, 400, id="the whole of 2013", marks=pytest.mark.long),
    ],
)
def test_a_replay_breaches_when_plain_arithmetic_on_the_raw_rows_says(
    span: tuple[datetime, datetime], least: int, tmp_path: Path
) -> None:
    server = PrometheusServer(tmp_path / "prometheus", retention="100y")
    create_blocks(write_history(tmp_path / "past.om", *span, at_its_time), server.storage, longest_block="1000h")
    with server:
        answer = replayed(server.url, *span)
    breaches = [(one["site"], one["rule"], one["opened_at"], one["recovered_at"]) for one in answer["breaches"]]
    expected = plain_breaches(*span)
    assert sorted(breaches) == expected
    assert len(expected) > least
    assert answer["evaluated"]["slots"] == 3 * 2 * ((span[1] - span[0]) / STEP + 1)
    assert answer["evaluated"]["errors"] == 0


@pytest.mark.parametrize(
    ("begin", "until"),
    [
        pytest.param(BLIZZARD + timedelta(hours=4, minutes=50), BLIZZARD + timedelta(hours=6), id="its onset"),
        pytest.param(BLIZZARD, BLIZZARD + timedelta(hours=6), id="six hours in 72 s", marks=pytest.mark.long),
    ],
)
def test_the_blizzard_pauses_each_airport_live_within_a_step_of_when_its_data_say(
    begin: datetime, until: datetime, tmp_path: Path
) -> None:
    """The past before *begin* and the hours to come lie in the blocks; each five minutes of them take a second."""
    went_live = BLIZZARD - timedelta(hours=10)
    expected = first_breaches(went_live, until)
    assert {site for site, _rule in expected} == {"ewr", "jfk", "lga"}
    served = faster(begin, int(time.time()) + LEAD)
    server = PrometheusServer(tmp_path / "prometheus")
    history = write_history(tmp_path / "nemo.om", went_live, until + timedelta(hours=2), served)
    create_blocks(history, server.storage)
    rules = write_fast_rules(tmp_path / "rules", datetime.fromtimestamp(served(slot_at(went_live)), UTC))
    with server, daemon(settings_for(tmp_path, rules, server.url)) as (_daemon, api):
        assert api.decisions() == []
        time.sleep(max(0.0, served(slot_at(until)) + 1 - time.time()))
        grounds = eventually("all of them are recorded", lambda: seen(api) if len(seen(api)) >= len(expected) else None)
        assert len(api.decisions()) == 3
    steps = {rule: second - served(slot_at(expected[rule])) for rule, second in grounds.items()}
    assert steps == dict.fromkeys(expected, 0)


def seen(api: Api) -> dict[tuple[str, str], float]:
    """Return when the first ground of each rule at each site was opened, as an epoch second."""
    grounds = [(one["site"], ground) for one in api.decisions() for ground in reversed(one["grounds"])]
    return {(site, ground["rule"]): datetime.fromisoformat(ground["opened_at"]).timestamp() for site, ground in grounds}


def first_breaches(begin: datetime, until: datetime) -> dict[tuple[str, str], datetime]:
    """Return when each rule breaches first."""
    found = sorted(plain_breaches(begin, until), key=lambda breach: breach[2], reverse=True)
    return {(site, rule): datetime.fromisoformat(opened) for site, rule, opened, _recovered in found}
