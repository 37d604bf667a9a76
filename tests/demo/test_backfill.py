"""A backfilled TSDB ends where the clock stands, however long the making took."""

import subprocess
from pathlib import Path

from stopwatch.demo.backfill import backfill
from stopwatch.demo.sites.estate import Estate

START = 1_795_000_000.0


class ClockThatRunsOn:
    """A clock that goes on by ten seconds, then five, then one, from one look to the next."""

    def __init__(self) -> None:
        self.now = START + 600
        self._steps = iter((10.0, 5.0, 1.0))

    def __call__(self) -> float:
        seen, self.now = self.now, self.now + next(self._steps, 0.0)
        return seen


def test_what_the_sites_live_through_meanwhile_is_added_until_the_present_is_reached(tmp_path: Path) -> None:
    estate = Estate(start=START, seed=1)
    written = backfill(
        estate, tmp_path / "p" / "data", clock=ClockThatRunsOn(), resolution_seconds=20, target_labels={"job": "sites"}
    )
    assert estate.now == START + 615
    table = subprocess.run(
        ["promtool", "tsdb", "list", str(tmp_path / "p" / "data")], capture_output=True, text=True, check=True
    )
    blocks = [line.split() for line in table.stdout.splitlines()[1:]]
    assert sum(int(block[4]) for block in blocks) == written
    assert max(int(block[2]) for block in blocks) == (START + 615) * 1000 + 1
    assert [path.name for path in (tmp_path / "p").iterdir()] == ["data"]


def test_an_estate_that_begins_now_needs_no_blocks(tmp_path: Path) -> None:
    estate = Estate(start=START, seed=1)
    assert backfill(estate, tmp_path / "data", clock=lambda: START, resolution_seconds=5, target_labels={}) == 0
    assert list((tmp_path / "data").iterdir()) == []
