"""The frozen facts of an opening: the evidence bundle and the summary that cards are written from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.audit import canonical_json, content_hash, finite
from stopwatch.core.grid import rfc3339
from stopwatch.core.sample import Samples, classify
from stopwatch.core.verdict import judge

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import Kpi
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import Limit, ResolvedRule
    from stopwatch.core.state import RuleEvent
    from stopwatch.core.verdict import Verdict
    from stopwatch.watch.cells import Cell, Column

WINDOWS = 3
"""How many evaluation ranges of samples a bundle holds, as far as they were read."""
CONTROLS = 100
"""How many other sites' values a bundle holds at most."""


def bundle(
    cell: Cell, rule: ResolvedRule, event: RuleEvent, rule_set: RuleSet, activation: Activation | None
) -> dict[str, object]:
    """
    Freeze what an event was judged by, as JSON values: samples, classes, rule, queries, verdict, other sites.

    Times are RFC 3339 UTC, values in the KPI's unit, missing points null. An opening never waits for more than what
    was read to judge it.
    """
    newest = rule.grid.at_or_after(event.at)
    first = newest - WINDOWS * rule.window.reach + 1
    samples = _samples(cell, first, newest)
    slots = classify(rule, first, samples)
    seen = slots.classes[-rule.window.reach :]
    site = rule_set.plan.sites[cell.site]
    return {
        "version": 1,
        "rollout": rule_set.plan.rollout,
        "site": cell.site,
        "label": site.label,
        "phase": cell.phase,
        "change": event.change.value,
        "at": rfc3339(event.at),
        "opened_at": rfc3339(event.opened_at),
        "pending_since": rfc3339(event.pending_since),
        "rule": rule.record(),
        "rule_hash": rule.hash,
        "revision": rule_set.revision,
        "first_slot": rfc3339(rule.grid.instant(first)),
        "step_seconds": rule.written.step.total_seconds(),
        "classes": slots.classes.decode(),
        "good": slots.good.decode(),
        "conditions": [
            _condition(rule_set.kpis[limit.kpi], pair, part)
            for limit, pair, part in zip(rule.limits, cell.columns, samples, strict=True)
        ],
        "verdict": _verdict(judge(rule.window, seen)),
        "activation": _activation(activation),
        "on_call": site.on_call,
        "controls": _controls(cell, first, newest),
    }


def summary(
    cell: Cell, rule: ResolvedRule, event: RuleEvent, rule_set: RuleSet, go_live: datetime | None, now: datetime
) -> dict[str, object]:
    """Return the few facts that a card shows, as JSON values; a fact that is not known is absent."""
    newest = rule.grid.at_or_after(event.at)
    limit, kpi, value = _telling(cell, rule, rule_set, newest)
    first = max(newest - rule.window.reach + 1, rule.grid.at_or_after(cell.state.armed_at + rule.written.settle))
    verdict = judge(rule.window, classify(rule, first, _samples(cell, first, newest)).classes)
    site = rule_set.plan.sites[cell.site]
    known: dict[str, object | None] = {
        "kpi": kpi.id,
        "kpi_title": kpi.title,
        "unit": kpi.unit.value,
        "op": limit.op.value,
        "threshold": limit.threshold,
        "recover_threshold": limit.recover_threshold,
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
        "rule_hash": rule.hash,
        "go_live": rfc3339(go_live) if go_live else None,
        "other_sites": _others(cell, limit, newest),
        "data_age_seconds": max(0.0, (now - event.at).total_seconds()),
    }
    return {name: fact for name, fact in known.items() if fact is not None}


def freeze(evidence: dict[str, object]) -> tuple[str, str]:
    """Return the SHA-256 of a bundle and the canonical JSON it is the hash of."""
    return content_hash(evidence), canonical_json(evidence)


def _samples(cell: Cell, first: int, last: int) -> list[Samples]:
    return [
        Samples(
            value.cache.window(cell.site, first, last),
            volume.cache.window(cell.site, first, last) if volume is not None else None,
        )
        for value, volume in cell.columns
    ]


def _condition(kpi: Kpi, pair: tuple[Column, Column | None], samples: Samples) -> dict[str, object]:
    value, volume = pair
    return {
        "kpi": kpi.id,
        "unit": kpi.unit.value,
        "source": value.key.source,
        "query": value.query.expression,
        "values": [finite(number) for number in samples.values],
        "volume_query": volume.query.expression if volume is not None else None,
        "volumes": [finite(number) for number in samples.volumes] if samples.volumes is not None else None,
    }


def _verdict(verdict: Verdict) -> dict[str, object]:
    return {
        "outcome": verdict.outcome.value,
        "branch": verdict.branch.value,
        "low": verdict.low,
        "high": verdict.high,
        "used": verdict.used,
        "expected": verdict.expected,
    }


def _activation(activation: Activation | None) -> dict[str, object] | None:
    if activation is None:
        return None
    return {"at": rfc3339(activation.at), "version": activation.version, "actor": activation.actor}


def _controls(cell: Cell, first: int, last: int) -> dict[str, list[float | str | None]]:
    """Return the other sites' values of the first condition in the newest range, at most `CONTROLS` sites."""
    column = cell.columns[0][0]
    others = sorted(site for site in column.query.labels.values() if site != cell.site)[:CONTROLS]
    begin = max(first, last - (last - first + 1) // WINDOWS + 1)
    return {site: [finite(number) for number in column.cache.window(site, begin, last)] for site in others}


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
