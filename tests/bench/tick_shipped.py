"""The rules in ``rules/`` as every engine of the bench takes them, twelve times as fast: a minute is a step of 5 s."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from stopwatch.app.building import load
from stopwatch.core.kpi import SiteId
from stopwatch.core.resolve import resolve
from tests.bench.tick_world import Load

_SHIPPED = Path(__file__).parents[2] / "rules"
_FASTER = 12
_DURATION = re.compile(r"(?<![\w.])(\d+)([smh])\b")
_SELECTOR = re.compile(r"(wms_\w+)(?:\{([^}]*)\})?")


def write_rule_folder(load_: Load, folder: Path, *, now: datetime) -> None:
    """Write our own rule folder: the shipped KPIs and rules, without the overrides of sites that are not here."""
    folder.mkdir(parents=True, exist_ok=True)
    kpis, rules = _shipped("kpis"), _shipped("stop-rules")
    for rule in rules["rules"]:
        rule.pop("overrides", None)
        rule |= {"step": "60s", "eval_delay": "0s"}
        if not load_.guarded:
            rule.pop("volume", None)
    live = (now - timedelta(minutes=5)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    sites = {site: {"name": site, "timezone": "UTC", "go_live": live} for site in load_.names()}
    plan = {"rollout": "bench", "phases": [{"id": "all", "sites": list(sites), "observation": "10d"}], "sites": sites}
    for name, content in (("kpis", kpis), ("stop-rules", rules)):
        faster = _DURATION.sub(_divided, json.dumps(content))
        (folder / f"{name}.yaml").write_text(faster, encoding="utf-8")
    (folder / "rollout.yaml").write_text(json.dumps(plan, separators=(",", ":")), encoding="utf-8")


def _shipped(name: str) -> dict[str, Any]:
    read: dict[str, Any] = YAML(typ="safe").load(_SHIPPED / f"{name}.yaml")
    return read


def _divided(found: re.Match[str]) -> str:
    seconds = int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]
    return f"{seconds // _FASTER}s" if seconds else found[0]


def alerts(load_: Load, folder: Path, *, per_site: bool) -> Iterator[dict[str, str]]:
    """
    Yield the same rules for vmalert and Prometheus, from the rule *folder*: one for all sites, or one for every site.

    They know neither M of N nor recovery: a rule that holds for its window is one that holds throughout it.
    """
    read = load(folder)
    one = SiteId(load_.names()[0])
    for rule in read.rules[one]:
        limit = resolve(rule, read.kpis, {}).limits[0]
        kpi = read.kpis[limit.kpi]
        guard = f" and on(site) ({kpi.volume}) >= {limit.volume_min:g}" if limit.volume_min is not None else ""
        expression = f"({kpi.query}) {limit.op} {limit.threshold:g}{guard}"
        hold = f"{int(rule.step.total_seconds()) * (rule.window.n - 1)}s"
        for site in load_.names() if per_site else [None]:
            yield {"alert": str(rule.id), "expr": _at(expression, site), "for": hold}


def _at(expression: str, site: str | None) -> str:
    if site is None:
        return expression
    return _SELECTOR.sub(lambda found: f'{found[1]}{{{f"{found[2]}," if found[2] else ""}site="{site}"}}', expression)
