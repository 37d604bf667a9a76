"""A small rollout on a real Prometheus whose history, past and to come, is written before it starts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from stopwatch.app.daemon import Daemon
from stopwatch.app.running import running
from stopwatch.config.settings import Settings, load_settings
from stopwatch.demo.prometheus import PrometheusServer, create_blocks, free_port

QUERY = "sum by (site) (last_over_time(load[500ms]))"
HOLD, RECOVER = 5, 3
LIMIT = 10

KPIS = f"""
kpis:
  - {{id: load, title: Load, unit: count, better: lower, query: "{QUERY}"}}
"""
RULES = f"""
rules:
  - id: load-high
    kpi: load
    op: ">"
    threshold: {LIMIT}
    sustain: {{for: {HOLD}s}}
    recover: {{for: {RECOVER}s}}
    step: 1s
    eval_delay: 1s
    links: {{dashboard: "http://127.0.0.1/d?site={{site}}&from={{from_ms}}&to={{to_ms}}&d={{decision}}"}}
"""


def plan(sites: Mapping[str, str], go_live: datetime) -> str:
    """Write a plan with one phase per entry of *sites* (site → phase), in order."""
    phases = dict.fromkeys(sites.values())
    return json.dumps(
        {
            "rollout": "story",
            "phases": [
                {"id": phase, "sites": [site for site, of in sites.items() if of == phase], "observation": "1d"}
                for phase in phases
            ],
            "sites": {
                site: {"name": site.title(), "timezone": "Europe/Berlin", "go_live": go_live.isoformat()}
                for site in sites
            },
            "delivery": {"settle": "1s", "sweep": ["2s", "4s"]},
        }
    )


def write_rules(folder: Path, sites: Mapping[str, str], go_live: datetime, *, rules: str = RULES) -> Path:
    """Write a rule folder."""
    folder.mkdir(exist_ok=True)
    (folder / "kpis.yaml").write_text(KPIS)
    (folder / "stop-rules.yaml").write_text(rules)
    (folder / "rollout.yaml").write_text(plan(sites, go_live))
    return folder


def history(path: Path, series: Mapping[str, Sequence[float | None]], begin: int) -> Path:
    """Write one sample a second per site from *begin* (epoch seconds) on; None leaves the second out."""
    with path.open("w") as file:
        file.write("# HELP load Load.\n# TYPE load gauge\n")
        for site, values in series.items():
            for offset, value in enumerate(values):
                if value is not None:
                    file.write(f'load{{site="{site}"}} {value} {begin + offset}\n')
        file.write("# EOF\n")
    return path


@dataclass(frozen=True, slots=True)
class Api:
    """The daemon as a client sees it."""

    url: str

    def get(self, path: str) -> Any:  # noqa: ANN401 – any JSON
        """Return the JSON at *path*, whatever its status."""
        return httpx.get(self.url + path, timeout=10).json()

    def decisions(self) -> list[dict[str, Any]]:
        """Return all decisions, oldest first."""
        found: list[dict[str, Any]] = self.get("/api/v1/decisions")["decisions"]
        return found


def eventually(what: str, tell: Callable[[], Any], *, seconds: float = 120) -> Any:  # noqa: ANN401 – what tell returns
    """Wait until *tell* returns something true, and return it."""
    last: Any = None
    for _ in range(int(seconds / 0.2)):
        last = tell()
        if last:
            return last
        time.sleep(0.2)
    raise AssertionError(f"did not happen within {seconds} s: {what}; last seen: {last!r}")


@contextmanager
def prometheus(folder: Path, series: Mapping[str, Sequence[float | None]], begin: int) -> Iterator[PrometheusServer]:
    """Serve *series* from a real Prometheus that scrapes nothing."""
    server = PrometheusServer(folder)
    create_blocks(history(folder.parent / "history.om", series, begin), server.storage)
    with server:
        yield server


def settings_for(folder: Path, rules: Path, prometheus_url: str, **more: object) -> Settings:
    """Return settings that share nothing with the caller's shell."""
    given: dict[str, object] = {
        "config": rules,
        "database_url": f"sqlite:///{folder}/stopwatch.db",
        "prometheus_url": prometheus_url,
        "listen": f"127.0.0.1:{free_port()}",
        "log_level": "warning",
    }
    return load_settings({}, **given | more)


@contextmanager
def daemon(settings: Settings) -> Iterator[tuple[Daemon, Api]]:
    """Run the daemon in this process."""
    with running(settings) as started:
        yield started, Api(f"http://{settings.listen.host}:{settings.listen.port}")


def at(second: int) -> str:
    """Write an epoch second as the API does."""
    return datetime.fromtimestamp(second, UTC).isoformat().replace("+00:00", "Z")
