"""The frozen facts of an opening: the evidence bundle and the summary that cards are written from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.audit import canonical_json, content_hash, finite
from stopwatch.core.grid import rfc3339
from stopwatch.core.sample import classify
from stopwatch.core.verdict import judge

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import Kpi
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import Limit, ResolvedRule
    from stopwatch.core.state import RuleEvent
    from stopwatch.watch.evaluation.cells import Cell


def summary(
    cell: Cell, rule: ResolvedRule, event: RuleEvent, rule_set: RuleSet, go_live: datetime | None, now: datetime
) -> dict[str, object]:
    """Return the few facts that a card shows, as JSON values; a fact that is not known is absent."""
    newest = rule.grid.at_or_after(event.at)
    limit, kpi, value = _telling(cell, rule, rule_set, newest)
    first = max(newest - rule.window.reach + 1, rule.grid.at_or_after(cell.state.armed_at + rule.written.settle))
    verdict = judge(rule.window, classify(rule, first, cell.samples(first, newest)).classes)
    site = rule_set.plan.sites[cell.site]
    known: dict[str, object | None] = {
        "kpi": kpi.id,
        "kpi_title": kpi.title,
        "unit": kpi.unit.value,
        "op": limit.op.value,
        "threshold": limit.threshold,
        "recover_threshold": limit.recover_threshold,
        "baseline": limit.baselines[0][1] if limit.baselines else None,
        "value": finite(value),
        "held_seconds": (event.at - event.pending_since).total_seconds(),
        "samples_used": verdict.used,
        "samples_expected": verdict.expected,
        "m": rule.window.m,
        "n": rule.window.n,
        "window_text": _window_text(rule),
        "site_name": site.name,
        "timezone": site.timezone,
        "phase": cell.phase,
        "severity": rule.written.severity.value,
        "on_call": site.on_call,
        "rule_hash": rule.hash,
        "go_live": rfc3339(go_live) if go_live else None,
        "other_sites": _others(cell, limit, newest),
        "data_age_seconds": max(0.0, (now - event.at).total_seconds()),
    }
    return {name: fact for name, fact in known.items() if fact is not None}


def freeze(evidence: dict[str, object]) -> tuple[str, str]:
    """Return the SHA-256 of a bundle and the canonical JSON it is the hash of."""
    return content_hash(evidence), canonical_json(evidence)


def _telling(cell: Cell, rule: ResolvedRule, rule_set: RuleSet, slot: int) -> tuple[Limit, Kpi, float]:
    """Return the condition that a card tells about: the first one that breaches at the opening slot, else the first."""
    chosen: tuple[Limit, Kpi, float] | None = None
    for limit, (column, _volume) in zip(rule.limits, cell.columns, strict=True):
        value = column.cache.window(cell.site, slot, slot)[0]
        told = (limit, rule_set.kpis[limit.kpi], value)
        if limit.op.compare(value, limit.threshold):
            return told
        chosen = chosen or told
    if chosen is None:
        message = f"rule {rule.id} has no condition"
        raise ValueError(message)
    return chosen


def _others(cell: Cell, limit: Limit, slot: int) -> list[dict[str, object]]:
    """Return the other sites' values now, worst first."""
    column = cell.columns[0][0]
    values = [
        (site, column.cache.window(site, slot, slot)[0]) for site in column.query.labels.values() if site != cell.site
    ]
    known = [(site, value) for site, value in values if value == value]  # noqa: PLR0124 – NaN is the only such value
    known.sort(key=lambda pair: pair[1], reverse=limit.op.upward)
    return [{"site": site, "value": finite(value)} for site, value in known[:5]]


def _window_text(rule: ResolvedRule) -> str:
    step = rule.written.step.total_seconds()
    if rule.window.m == rule.window.n:
        return f"all {rule.window.n} samples, {step:g} s apart"
    return f"{rule.window.m} of {rule.window.n} samples, {step:g} s apart"
