"""
Prints how long it takes from the onset of a breach in the data to a decision: ``python -m tests.bench.bench_delay``.

Everybody judges the same blocks with the same ``for`` and the same step. Each site's breach begins at an instant of its
own. Ours counts when the decision's ground is recorded, a peer's when its API first says that the alert fires.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx

from stopwatch.core.kpi import SiteId
from stopwatch.demo.prometheus import PrometheusServer, create_blocks
from stopwatch.store.connect import open_store
from tests.bench.bench_tick import start_all
from tests.bench.tick_measures import Runner
from tests.bench.tick_world import FOR_SECONDS, KPIS, STEP_SECONDS, Load, copy_data

SITES, APART_SECONDS, LEAD_SECONDS = 20, 0.7, 30
LOOK_SECONDS = 0.1
Seen = dict[tuple[str, str], float]
"""When a rule was first seen to fire at a site, in seconds since the epoch."""


def onsets(load: Load, now: float) -> dict[str, float]:
    """When each site's first bad sample is."""
    return {site: now + LEAD_SECONDS + APART_SECONDS * place for place, site in enumerate(load.names())}


def samples(began: dict[str, float]) -> Iterator[str]:
    """Every site once in a second of its own phase, ten minutes back and as far ahead as the bench may take."""
    for kpi in range(KPIS):
        for name in ("kpi", "volume"):
            yield f"# TYPE {name}{kpi} gauge\n"
            for site, onset in began.items():
                for second in range(-600, int(FOR_SECONDS + 2 * LEAD_SECONDS)):
                    bad = second >= 0
                    value = 500 if name == "volume" else 0.2 if bad else 0.01
                    yield f'{name}{kpi}{{site="{site}"}} {value} {onset + second:.3f}\n'


def watch(runners: list[Runner], wanted: int, until: float) -> dict[str, Seen]:
    """Ask every peer ten times a second what fires, until all do."""
    seen: dict[str, Seen] = {runner.name: {} for runner in runners}
    with httpx.Client(timeout=10, trust_env=False) as client:
        while time.time() < until and any(len(found) < wanted for found in seen.values()):
            for runner in runners:
                alerts = client.get(runner.page.removesuffix("metrics") + "api/v1/alerts").json()["data"]["alerts"]
                at = time.time()
                for alert in alerts or ():
                    key = (str(alert["labels"].get("site")), str(alert["labels"]["alertname"]))
                    if alert["state"] == "firing":
                        seen[runner.name].setdefault(key, at)
            time.sleep(LOOK_SECONDS)
    return seen


def recorded(folder: Path, load: Load) -> Seen:
    """When our grounds were committed, as they say themselves."""
    store = open_store(f"sqlite:///{folder}/stopwatch.db", create=False)
    with store.reading() as view:
        found = [view.decisions("bench", site=SiteId(site)) for site in load.names()]
    store.close()
    grounds = [ground for decisions in found for decision in decisions for ground in decision.grounds]
    return {(str(ground.site), str(ground.rule)): ground.recorded_at.timestamp() for ground in grounds}


def main() -> None:
    """Print one line for each."""
    load = Load(SITES, guarded=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as name, ExitStack() as stack:
        folder, now = Path(name), time.time()
        began = onsets(load, now)
        text = folder / "blocks.om"
        text.write_text("".join([*samples(began), "# EOF\n"]), encoding="utf-8")
        create_blocks(text, folder / "blocks")
        server = PrometheusServer(folder / "prometheus")
        server.data_dir.mkdir()
        copy_data(folder / "blocks", server.storage)
        stack.enter_context(server)
        ours, _scraped, *peers = start_all(stack, load, folder, server, peers=True)
        until = max(began.values()) + FOR_SECONDS + 4 * STEP_SECONDS
        seen = watch(peers, SITES * KPIS, until)
        time.sleep(max(0.0, until - time.time()))
        seen = {ours.name: recorded(folder, load)} | seen
    sys.stdout.write(f"seconds from the first bad sample, for {FOR_SECONDS} s, step {STEP_SECONDS} s\n")
    for runner, found in seen.items():
        delays = sorted(at - began[site] for (site, _rule), at in found.items())
        if delays:
            line = f"median {statistics.median(delays):6.1f}  least {delays[0]:6.1f}  most {delays[-1]:6.1f}"
            sys.stdout.write(f"{runner:24}{line}  of {len(delays)}\n")


if __name__ == "__main__":
    main()
