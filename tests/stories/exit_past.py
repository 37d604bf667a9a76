"""Eleven days of three warehouses, minute by minute in a real Prometheus, and the plan that watches them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from stopwatch.demo.prometheus import PrometheusServer, create_blocks

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LENGTH = 11 * DAY
OBSERVED = 10 * DAY
SITES = {"ham-01": "pilot", "lodz": "wave-1", "graz": "wave-2"}
NIGHT = range(22, 24), range(6)
BY_DAY, BY_NIGHT = 40, 2
FAILED_OF_HUNDRED = 1
"""Every hundredth order fails; over the limit every tenth does."""

KPIS = """
kpis:
  - id: order_failures
    title: Orders that fail
    unit: ratio
    better: lower
    query: >-
      (sum by (site) (increase(orders_failed_total[5m])) or sum by (site) (increase(orders_total[5m])) * 0)
      / sum by (site) (increase(orders_total[5m]))
    volume: sum by (site) (increase(orders_total[5m]))
    failures: sum by (site) (increase(orders_failed_total[5m]))
    attempts: sum by (site) (increase(orders_total[5m]))
  - id: load
    title: Load of the belt
    unit: ratio
    better: lower
    query: max by (site) (max_over_time(belt_load[1m]))
"""
RULES = """
rules:
  - {id: order-failures, kpi: order_failures, op: ">", threshold: 0.05, sustain: {for: 15m}, volume: {min: 100}}
  - {id: belt-load, kpi: load, op: ">", threshold: 0.9, sustain: {for: 15m}, mode: observe}
"""


def is_night(at: datetime) -> bool:
    """Tell whether the warehouse is closed at *at*."""
    return any(at.hour in hours for hours in NIGHT)


def write_plan(folder: Path, go_live: datetime, **exits: object) -> Path:
    """Write a rule folder in which each site is a phase of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kpis.yaml").write_text(KPIS)
    (folder / "stop-rules.yaml").write_text(RULES)
    phases = [
        {"id": phase, "sites": [site], "observation": "10d", **({"exit": exits} if exits else {})}
        for site, phase in SITES.items()
    ]
    sites = {site: {"name": site, "timezone": "UTC", "go_live": go_live.isoformat()} for site in SITES}
    (folder / "rollout.yaml").write_text(json.dumps({"rollout": "exit", "phases": phases, "sites": sites}))
    return folder


@contextmanager
def eleven_days(folder: Path, end: datetime) -> Iterator[str]:
    """
    Serve the past of three sites up to *end* (a whole minute).

    ham-01 is quiet. At lodz a tenth of all orders failed for twenty minutes, four days ago at noon. graz told nothing
    for fourteen hours, from three days ago at six on.
    """
    history = folder / "past.om"
    with history.open("w") as file:
        for name in ("orders", "orders_failed"):
            file.write(f"# TYPE {name} counter\n")
            for site in SITES:
                file.writelines(_counter(name, site, end))
        file.write("# TYPE belt_load gauge\n")
        for site in SITES:
            minutes = int(LENGTH / MINUTE)
            file.writelines(f'belt_load{{site="{site}"}} 0.4 {_stamp(end, minutes, at)}\n' for at in range(minutes + 1))
        file.write("# EOF\n")
    server = PrometheusServer(folder / "tsdb", retention="10y")
    create_blocks(history, server.storage, longest_block="48h")
    with server:
        yield server.url


def breach_begins(end: datetime) -> datetime:
    """Return when the orders of lodz begin to fail."""
    return (end - 4 * DAY).replace(hour=12, minute=0)


def gap_of(end: datetime) -> tuple[datetime, datetime]:
    """Return from when to when graz tells nothing."""
    begin = (end - 3 * DAY).replace(hour=6, minute=0)
    return begin, begin + timedelta(hours=14)


def _counter(name: str, site: str, end: datetime) -> Iterator[str]:
    total, minutes = 0.0, int(LENGTH / MINUTE)
    for place in range(minutes + 1):
        at = end - (minutes - place) * MINUTE
        orders = BY_NIGHT if is_night(at) else BY_DAY
        failing = site == "lodz" and breach_begins(end) < at <= breach_begins(end) + 20 * MINUTE
        share = 10 if failing else FAILED_OF_HUNDRED
        total += orders if name == "orders" else orders * share / 100
        if site == "graz" and gap_of(end)[0] < at <= gap_of(end)[1]:
            continue
        yield f'{name}_total{{site="{site}"}} {total:.2f} {_stamp(end, minutes, place)}\n'


def _stamp(end: datetime, minutes: int, place: int) -> int:
    return int(end.timestamp()) - 60 * (minutes - place)


def whole_minute(now: datetime) -> datetime:
    """Return the newest whole minute."""
    return now.astimezone(UTC).replace(second=0, microsecond=0)
