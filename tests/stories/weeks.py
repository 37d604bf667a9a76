"""Six weeks of ten warehouses that take a change one after the other: the plan, the rules and the past."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGIN, END = datetime(2026, 2, 9, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)
EVERY = timedelta(minutes=5)
NAMES = {"ham-01": "Hamburg", "lodz": "Łódź", "lyon": "Lyon", "porto": "Porto", "madrid": "Madrid"}
WAVE_2 = ("madrid", "turin", "graz", "ghent", "malmo", "cork")
SITES = {"ham-01": "pilot", "lodz": "wave-1", "lyon": "wave-1", "porto": "wave-1"} | dict.fromkeys(WAVE_2, "wave-2")
SEEN_FROM = {"ham-01": BEGIN} | dict.fromkeys(("lodz", "lyon", "porto"), datetime(2026, 3, 1, tzinfo=UTC))
"""From when on a warehouse tells anything; those of the second wave never do in these weeks."""
FASTER_FROM = {"ham-01": datetime(2026, 3, 5, 8, tzinfo=UTC)}
"""From when on an order is packed in three quarters of the time, because of the change."""
ORDERS, FAILING = 20, 5
"""Orders in five minutes; one in a hundred fails, in bad hours one in *FAILING*."""
BAD = {
    "ham-01": (datetime(2026, 3, 4, 9, tzinfo=UTC), datetime(2026, 3, 4, 10, 30, tzinfo=UTC)),
    "lodz": (datetime(2026, 3, 18, 9, tzinfo=UTC), datetime(2026, 3, 18, 18, tzinfo=UTC)),
}
SILENT = {"ham-01": (datetime(2026, 3, 6, 6, tzinfo=UTC), datetime(2026, 3, 6, 16, tzinfo=UTC))}
"""When nothing is told."""

_TOTAL = "sum by (site) (increase(orders_total[10m]))"
_FAILED = "sum by (site) (increase(orders_failed_total[10m]))"
KPIS = {
    "kpis": [
        {
            "id": "order_failures",
            "title": "Orders that fail",
            "unit": "ratio",
            "better": "lower",
            "query": f"({_FAILED} or {_TOTAL} * 0) / {_TOTAL}",
            "volume": _TOTAL,
            "failures": f"{_FAILED} or {_TOTAL} * 0",
            "attempts": _TOTAL,
        },
        {
            "id": "packing",
            "title": "Seconds to pack an order",
            "unit": "seconds",
            "better": "lower",
            "query": "max by (site) (max_over_time(packing_seconds[10m]))",
            "volume": _TOTAL,
        },
    ]
}


def write_plan(folder: Path, links: str) -> Path:
    """Write the rule folder; every link leads to *links*."""
    folder.mkdir()
    seen = {"links": {"dashboard": f"{links}?site={{site}}"}}
    slow = {"baseline": "median", "factor": 1.5, "floor": 40}
    limits = {"sustain": {"for": "30m"}, "recover": {"for": "15m"}, "step": "5m", **seen}
    failures = {"id": "order-failures", "kpi": "order_failures", "op": ">", "threshold": 0.05, "volume": {"min": 20}}
    packing = {"id": "slow-packing", "kpi": "packing", "op": ">", "threshold": slow}
    rules = {"rules": [failures | limits, packing | limits]}
    for name, content in (("kpis", KPIS), ("stop-rules", rules), ("rollout", _plan(links))):
        (folder / f"{name}.yaml").write_text(json.dumps(content))
    return folder


def _plan(links: str) -> dict[str, object]:
    dry_run = {"id": "dry-run", "text": "dry-run orders passed in staging", "owner": "qa", "expires": "30d"}
    way_back = {"id": "rollback-plan", "text": "the way back is agreed with the site", "owner": "engineering"}
    exits = {"min_volume": 20_000, "sign_offs": ["warehouse-lead"]}
    light = ["kpi-data", "rehearsal", "baseline"]
    return {
        "rollout": "wms-4-12",
        "change": {
            "type": "normal",
            "what": "WMS 4.12 with wave picking",
            "why": "picking by single orders is slow",
            "risk": "medium; every site can go back by one flag",
            "version": "4.12.0",
            "initiator": "Ida Brandt",
            "scope": {"in": ["picking"], "out": ["returns"]},
            "communication": [{"who": "warehouse leads", "what": "summary at every gate"}],
        },
        "phases": [
            {"id": "pilot", "sites": ["ham-01"], "observation": "7d", "readiness": [dry_run, way_back]},
            {
                "id": "wave-1",
                "sites": ["lodz", "lyon", "porto"],
                "observation": "7d",
                "readiness": [dry_run],
                "automatic": light,
            },
            {"id": "wave-2", "sites": list(WAVE_2), "observation": "7d", "readiness": [dry_run], "automatic": light},
        ],
        "sites": {
            site: {
                "name": NAMES.get(site, site),
                "timezone": "UTC",
                "on_call": "S0ONCALL",
                "contacts": {"warehouse-lead": f"the lead of {NAMES.get(site, site)}"},
                "dashboards": [f"{links}?board={site}"],
            }
            for site in SITES
        },
        "freeze": [{"name": "inventory", "from": "2026-03-02T00:00", "until": "2026-03-03T06:00"}],
        "roles": ["warehouse-lead"],
        "exit": exits,
        "rollback": {"within": "2h", "hold": "30m", "band": 1.2, "rehearsed_within": "30d"},
        "checkpoint": {"at": "09:00"},
        "timezone": "UTC",
    }


def write_past(path: Path) -> Path:
    """Write what the warehouses told, in OpenMetrics."""
    with path.open("w") as file:
        for name in ("orders", "orders_failed"):
            file.write(f"# TYPE {name} counter\n")
            for site in SITES:
                file.writelines(f'{name}_total{{site="{site}"}} {value}\n' for value in _counted(name, site))
        file.write("# TYPE packing_seconds gauge\n")
        for site in SITES:
            file.writelines(f'packing_seconds{{site="{site}"}} {value}\n' for value in _packing(site))
        file.write("# EOF\n")
    return path


def _moments(site: str) -> Iterator[datetime]:
    begin = SEEN_FROM.get(site, END)
    for place in range((END - begin) // EVERY):
        yield begin + place * EVERY


def _within(spans: dict[str, tuple[datetime, datetime]], site: str, at: datetime) -> bool:
    return site in spans and spans[site][0] < at <= spans[site][1]


def _counted(name: str, site: str) -> Iterator[str]:
    total = 0.0
    for at in _moments(site):
        share = 1 / FAILING if _within(BAD, site, at) else 0.01
        total += ORDERS if name == "orders" else ORDERS * share
        if not _within(SILENT, site, at):
            yield f"{total:.2f} {int(at.timestamp())}"


def _packing(site: str) -> Iterator[str]:
    for at in _moments(site):
        if not _within(SILENT, site, at):
            faster = 0.75 if at >= FASTER_FROM.get(site, END) else 1
            yield f"{faster * (40 + at.minute % 10 / 5)} {int(at.timestamp())}"
