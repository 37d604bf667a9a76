"""What the bench of a tick is run on: the same sites, KPIs, data and rules for every engine."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from stopwatch.demo.prometheus import PrometheusServer, ScrapeTarget, create_blocks

KPIS = 5
STEP_SECONDS = 5
FOR_SECONDS = 75
PAST_SECONDS, RESOLUTION_SECONDS = 600, 30
LIMIT, LEAST_VOLUME = 0.05, 100


class Data(StrEnum):
    """Gauges that lie in blocks, gauges scraped once a step, or the shipped rules on counters that are so scraped."""

    BLOCKS = "blocks"
    SCRAPED = "scraped"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class Load:
    """How many *sites*, of which one in a hundred breaches; *guarded* rules ask for a least volume."""

    sites: int
    guarded: bool
    data: Data = Data.BLOCKS

    def names(self) -> list[str]:
        """Every site's id, which is also its label."""
        return [f"site-{site:05}" for site in range(self.sites)]

    def expression(self, kpi: int, site: str | None = None) -> str:
        """The alert of a peer: for every site, or for one."""
        picked = f'{{site="{site}"}}' if site else ""
        guard = f" and on(site) volume{kpi}{picked} >= {LEAST_VOLUME}" if self.guarded else ""
        return f"kpi{kpi}{picked} > {LIMIT}{guard}"


def write_data(load: Load, folder: Path, *, now: float, ahead_seconds: float) -> None:
    """Make the blocks of a TSDB in *folder*: a few minutes of past, and as much future as the bench may take."""
    text = folder.with_suffix(".om")
    with text.open("w", encoding="utf-8") as out:
        out.writelines(_samples(load, now, ahead_seconds))
        out.write("# EOF\n")
    create_blocks(text, folder)
    text.unlink()


def _samples(load: Load, now: float, ahead_seconds: float) -> Iterator[str]:
    chance = random.Random(8)
    first = int(now - PAST_SECONDS) // RESOLUTION_SECONDS * RESOLUTION_SECONDS
    instants = range(first, int(now + ahead_seconds), RESOLUTION_SECONDS)
    for kpi in range(KPIS):
        for name in ("kpi", "volume") if load.guarded else ("kpi",):
            yield f"# TYPE {name}{kpi} gauge\n"
            for place, site in enumerate(load.names()):
                for instant in instants:
                    value = chance.randrange(200, 900) if name == "volume" else chance.uniform(0.001, 0.03)
                    if name == "kpi" and place % 100 == 0:
                        value += 0.2
                    yield f'{name}{kpi}{{site="{site}"}} {value!r} {instant}\n'


def write_rule_folder(load: Load, folder: Path, *, now: datetime) -> None:
    """Write our own rule folder."""
    folder.mkdir(parents=True, exist_ok=True)
    live = (now - timedelta(minutes=5)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    volume = [{"volume": {"min": LEAST_VOLUME}}] if load.guarded else [{}]
    rules = [
        {
            "id": f"rule-{kpi}",
            "kpi": f"kpi{kpi}",
            "op": ">",
            "threshold": LIMIT,
            "sustain": {"for": f"{FOR_SECONDS}s"},
            "step": f"{STEP_SECONDS}s",
            "eval_delay": "0s",
            **volume[0],
        }
        for kpi in range(KPIS)
    ]
    kpis = [
        {
            "id": f"kpi{kpi}",
            "title": f"KPI {kpi}",
            "unit": "ratio",
            "better": "lower",
            "query": f"kpi{kpi}",
            **({"volume": f"volume{kpi}"} if load.guarded else {}),
        }
        for kpi in range(KPIS)
    ]
    sites = {site: {"name": site, "timezone": "UTC", "go_live": live} for site in load.names()}
    plan = {"rollout": "bench", "phases": [{"id": "all", "sites": list(sites), "observation": "10d"}], "sites": sites}
    for name, content in (("kpis", {"kpis": kpis}), ("stop-rules", {"rules": rules}), ("rollout", plan)):
        (folder / f"{name}.yaml").write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")


def alerts(load: Load, *, per_site: bool) -> Iterator[dict[str, str]]:
    """Yield the same rules for vmalert and Prometheus: one for all sites, or one for every site."""
    for kpi in range(KPIS):
        for site in load.names() if per_site else [None]:
            yield {"alert": f"rule{kpi}", "expr": load.expression(kpi, site), "for": f"{FOR_SECONDS}s"}


@contextmanager
def exporter(load: Load) -> Iterator[list[ScrapeTarget]]:
    """Serve the sites' metrics in a process of its own as long as the block lasts; not those that lie in blocks."""
    if load.data is Data.BLOCKS:
        yield []
        return
    form = "shipped" if load.data is Data.SHIPPED else "gauges"
    command = [sys.executable, "-m", "tests.bench.exporter", form, str(load.sites)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield [ScrapeTarget("sites", process.stdout.readline().strip())]
        process.kill()


def server_on(folder: Path, blocks: Path, targets: list[ScrapeTarget]) -> PrometheusServer:
    """Make a server in *folder* that holds the same *blocks* as all others, or scrapes the same *targets*."""
    server = PrometheusServer(folder, scrape_targets=targets, scrape_interval=f"{STEP_SECONDS}s")
    server.data_dir.mkdir()
    if not targets:
        copy_data(blocks, server.storage)
    return server


def copy_data(source: Path, target: Path) -> None:
    """Give another server the same blocks."""
    shutil.copytree(source, target)
