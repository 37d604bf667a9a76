"""How long people and Slack wait for us: a click until its 200, a commit until its card stands."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from stopwatch.core.kpi import SiteId
from stopwatch.core.stop import Stop
from stopwatch.demo.slack import people
from stopwatch.watch.acts.commands import pause
from tests.stories.answering import ANNA, CHANNEL, SITES, Floor, floor, request
from tests.stories.world import eventually

OK = 200
OPENINGS = 25
CLICKS = 12
"""Clicks on each card; each is a deed of its own that is written down before it is answered."""
APART_SECONDS = 2.0
"""Between openings, so that pacing (one message a second and channel) is not what is measured."""


def open_one(where: Floor, number: int) -> tuple[str, float]:
    """Stop a site; return the ts of its card and how many seconds after the commit Slack took it."""
    stop = Stop("sev1", "bench", "cli:bench", site=SiteId(SITES[number]))
    decision, _new = pause(where.daemon.desk, stop, transport="cli", now=where.daemon.clock.now())
    committed = time.time()
    ts = eventually("its card stands", lambda: where.card(decision.id), seconds=30)
    return ts, float(ts) - committed


def click(where: Floor, ts: str) -> list[float]:
    """Click again and again on a card as it stood at first; return how many seconds each click took to its 200."""
    with where.slack.held() as workspace:
        payload = people.click(workspace, channel=CHANNEL, ts=ts, action_id="acknowledge", user=ANNA)
    took = []
    for number in range(CLICKS):
        payload["actions"][0]["action_ts"] = f"{ts}{number:03}"
        body, headers = request(payload)
        began = time.perf_counter()
        status = where.post(body, headers)
        took.append(time.perf_counter() - began if status == OK else float("inf"))
    return took


def main() -> None:
    """Open, click, and print what it took."""
    roots: list[float] = []
    clicks: list[float] = []
    with tempfile.TemporaryDirectory() as folder, floor(Path(folder)) as shop:
        for number in range(OPENINGS):
            ts, seconds = open_one(shop, number)
            roots.append(seconds)
            clicks += click(shop, ts)
            time.sleep(APART_SECONDS)
    p99 = statistics.quantiles(clicks, n=100, method="inclusive")[98]
    p95 = statistics.quantiles(roots, n=20, method="inclusive")[18]
    sys.stdout.write(
        f"click to 200, HTTP, {len(clicks)} clicks: median {statistics.median(clicks) * 1000:.0f} ms, "
        f"p99 {p99 * 1000:.0f} ms (goal 300), worst {max(clicks) * 1000:.0f} ms\n"
        f"commit to accepted card, {len(roots)} cards: median {statistics.median(roots):.2f} s, "
        f"p95 {p95:.2f} s (goal 2), worst {max(roots):.2f} s\n"
    )


if __name__ == "__main__":
    main()
