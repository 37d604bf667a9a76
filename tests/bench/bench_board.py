"""How long the board takes to be drawn, and how large it is, at 20, 200 and 1,000 sites with five KPIs each."""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from stopwatch.web.pages.board_cells import SPARKLINES
from stopwatch.web.pages.board_view import BoardFacts, board_view
from stopwatch.web.pages.rendering import Templates
from tests.web.estate import NOW, FakeEstate, status
from tests.web.paused import decision


def measure(sites: int, times: int, *, fresh: bool) -> tuple[list[float], int]:
    """Draw the board *times* times, all values new if *fresh*; return each one's milliseconds and the page's bytes."""
    estate, templates = FakeEstate(sites), Templates()
    facts = BoardFacts(
        status(sites), estate.rule_set(), [decision()], estate.courses(), estate.outbox(), estate.leader()
    )
    found, size = [], 0
    for _ in range(times + 1):
        if fresh:
            SPARKLINES.forget()
        began = time.process_time()
        view = board_view(facts, NOW)
        text = templates.text("board.html", templates.frame("board.html", refresh=5), {"board": view})
        found.append(1000 * (time.process_time() - began))
        size = len(text.encode())
    return found[1:], size


def main() -> None:
    """Print one line per size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, nargs="+", default=[20, 200, 1000])
    parser.add_argument("--times", type=int, default=9)
    arguments = parser.parse_args()
    sys.stdout.write("sites  values     CPU ms (least–most)      KiB\n")
    for sites in arguments.sites:
        for fresh in (True, False):
            found, size = measure(sites, arguments.times, fresh=fresh)
            words = f"{statistics.median(found):.0f} ({min(found):.0f}–{max(found):.0f})"
            sys.stdout.write(f"{sites:5}  {'new' if fresh else 'as before':9}  {words:>19}  {size / 1024:7.0f}\n")


if __name__ == "__main__":
    main()
