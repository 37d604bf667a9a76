"""A daemon with something to show, and the Prometheus that feeds it and scrapes it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from stopwatch.app.building import load
from stopwatch.app.daemon import Daemon
from stopwatch.config.settings import Settings
from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act
from stopwatch.core.kpi import SiteId
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.core.stop import Stop
from stopwatch.demo.prometheus import PrometheusServer, ScrapeTarget, create_blocks, free_port
from stopwatch.demo.slack import Pace, SlackEmulator
from stopwatch.store.connect import open_store
from stopwatch.watch.acts.commands import Desk, act, pause
from stopwatch.watch.acts.issues import IssueAsked, say
from stopwatch.watch.rollout.ledger import record
from tests.stories.world import Api, daemon, eventually, settings_for

PAST, LENGTH = 60, 600
CHANNEL = "C0HYPERCARE"
SITES = {"ham-01": "pilot", "lodz": "wave-1", "wien": "wave-1"}
"""Hamburg breaches, Łódź is stopped by hand, nobody sends anything from Vienna."""
UNITS = {"errors": "ratio", "delay": "seconds", "backlog": "count", "orders": "per_second"}
VALUES = {"ham-01": 0.9, "lodz": 0.1}
KPIS = {
    "kpis": [
        {
            "id": name,
            "title": name.title(),
            "unit": unit,
            "better": "lower",
            "query": f"sum by (site) (last_over_time({name}[1s]))",
            "volume": f"sum by (site) (last_over_time({name}[1s])) * 1000",
        }
        for name, unit in UNITS.items()
    ]
}
RULES = {
    "rules": [
        {
            "id": f"{name}-high",
            "kpi": name,
            "op": ">",
            "threshold": 0.5,
            "sustain": {"for": "5s"},
            "volume": {"min": 50},
            "step": "1s",
            "eval_delay": "1s",
        }
        for name in UNITS
    ]
}
# So long a window stays pending as long as anybody looks.
RULES["rules"].append({**RULES["rules"][0], "id": "errors-for-long", "sustain": {"for": "1h"}})


def plan(sites: Sequence[str], go_live: datetime) -> dict[str, object]:
    """Return a plan that loses patience within seconds."""
    phases = dict.fromkeys(SITES[site] for site in sites)
    return {
        "rollout": "shown",
        "phases": [
            {"id": phase, "sites": [site for site in sites if SITES[site] == phase], "observation": "1d"}
            for phase in phases
        ],
        "sites": {
            site: {"name": site.title(), "timezone": "Europe/Berlin", "go_live": go_live.isoformat()} for site in sites
        },
        "checkpoint": {"at": "00:00"},
        "escalation": {"broadcast": "2s", "notifier": "3s", "second_group": "5s"},
    }


def _history(path: Path, begin: int) -> Path:
    """Write a sample a second of every KPI at every site that sends any."""
    lines = []
    for name in UNITS:
        lines += [f"# HELP {name} Shown.", f"# TYPE {name} gauge"]
        for site, value in VALUES.items():
            lines += [f'{name}{{site="{site}"}} {value} {begin + second}' for second in range(LENGTH)]
    path.write_text("\n".join([*lines, "# EOF", ""]))
    return path


@dataclass(frozen=True, slots=True)
class Shown:
    """The daemon, how it is reached, its rules, and the Prometheus that has scraped it."""

    daemon: Daemon
    api: Api
    rules: Path
    prometheus: httpx.Client

    def page(self) -> str:
        """Return the daemon's metrics."""
        return httpx.get(f"{self.api.url}/metrics", timeout=10).raise_for_status().text

    def ask(self, expr: str, *, seconds: int = 40) -> list[Mapping[str, Any]]:
        """Return the series that *expr* yields over the last seconds."""
        end = int(time.time())
        form = {"query": expr, "start": str(end - seconds), "end": str(end), "step": "1"}
        answer = self.prometheus.post("/api/v1/query_range", data=form).json()
        assert answer["status"] == "success", f"{expr}: {answer}"
        found: list[Mapping[str, Any]] = answer["data"]["result"]
        return found


def _remember(settings: Settings, begin: int) -> None:
    """Let people have written down an issue and a checkpoint before the daemon starts, which counts them at once."""
    store, now = open_store(settings.database_url.get_secret_value()), datetime.fromtimestamp(begin, UTC)
    desk = Desk(store, load(settings.config), lambda _site: CHANNEL)
    said = {"severity": "sev3", "description": "labels print twice"}
    say(desk, IssueAsked("cli:ida", place="ham-01", said=said), transport="cli", now=now)
    day = now.date().isoformat()
    for phase in {SITES[site] for site in SITES}:
        made = entry("shown", EntryKind.CHECKPOINT, phase, day, body={"present": []}, actor="cli:ida", at=now)
        record(desk, made, transport="cli")
    store.close()


@contextmanager
def shown(folder: Path) -> Iterator[Shown]:
    """Run everything until every figure has been scraped."""
    begin = int(time.time()) - PAST
    rules = folder / "rules"
    rules.mkdir()
    for name, content in (
        ("kpis", KPIS),
        ("stop-rules", RULES),
        ("rollout", plan(list(SITES), datetime.fromtimestamp(begin, UTC))),
    ):
        (rules / f"{name}.yaml").write_text(json.dumps(content))
    server = PrometheusServer(folder / "prometheus")
    create_blocks(_history(folder / "history.om", begin), server.storage)
    with SlackEmulator(tokens=("xoxb-shown",), pace=Pace(per_second=0, tiers=False)) as slack, server:
        settings = settings_for(
            folder,
            rules,
            server.url,
            slack_base_url=slack.api_url,
            slack_bot_token="xoxb-shown",
            slack_channel=CHANNEL,
            webhook_url=f"http://127.0.0.1:{free_port()}/nobody",
        )
        _remember(settings, begin)
        with (
            daemon(settings) as (running, api),
            httpx.Client(base_url=server.url, timeout=20, trust_env=False) as client,
        ):
            server.reload([ScrapeTarget("stopwatch", f"{settings.listen.host}:{settings.listen.port}")])
            found = Shown(running, api, rules, client)
            _happen(found)
            yield found


def _happen(shown: Shown) -> None:
    """Let everything happen once, each after the daemon was scraped without it."""
    eventually("it was scraped", lambda: shown.ask("stopwatch_leader"))
    desk, clock = shown.daemon.desk, shown.daemon.clock
    opened = eventually("Hamburg is paused", shown.api.decisions)[0]
    act(desk, opened["id"], ActRequest(Act.ACKNOWLEDGE, "cli:anna"), transport="cli", now=clock.now())
    pause(desk, Stop("sev1", "labels are missing", "cli:lena", site=SiteId("lodz")), transport="cli", now=clock.now())
    frozen = {name: {"median": 0.4, "p90": 0.5} for name in UNITS}
    made = entry("shown", EntryKind.BASELINE, "ham-01", body={"kpis": frozen}, actor="cli:lena", at=clock.now())
    record(desk, made, transport="cli")
    told = {"verdict": "pass", "summary": "pilot passes", "evidence": "0" * 64, "open": []}
    judged = entry("shown", EntryKind.JUDGEMENT, "pilot", body=told, actor="cli:lena", at=clock.now())
    said = {"go": True, "judgement": record(desk, judged, transport="cli").number}
    record(
        desk, entry("shown", EntryKind.GO, "pilot", "go", body=said, actor="cli:lena", at=clock.now()), transport="cli"
    )
    # What no receiver here can be made to do at will.
    shown.daemon.metrics.count_slack_error("chat.postMessage", "ratelimited")
    shown.daemon.metrics.count_dead("decision_missing")
    shown.daemon.metrics.count_degraded("root")
    wanted = (
        "stopwatch_rule_pending_seconds",
        "stopwatch_time_to_acknowledge_seconds_count > 0",
        'stopwatch_decision_unacknowledged_seconds{site="lodz"}',
        'stopwatch_site_blind{site="wien"} == 1',
        "stopwatch_notifier_errors_total",
        'stopwatch_escalations_total{notifier="slack"} > 0',
        "stopwatch_outbox_dead_total",
        "stopwatch_slack_up == 1",
        "stopwatch_kpi_baseline",
        "stopwatch_gate_go",
        "stopwatch_database_size_bytes",
    )
    for expr in wanted:
        eventually(expr, partial(shown.ask, expr))
    since = time.time()
    eventually("two more scrapes", lambda: time.time() > since + 3)
