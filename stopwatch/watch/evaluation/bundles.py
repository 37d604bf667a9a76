"""The frozen bundle of an opening or a recovery: everything it was judged by, and what stood around it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from stopwatch.core.appendix import wanted_slots
from stopwatch.core.audit import finite
from stopwatch.core.evidence import verdict_json
from stopwatch.core.grid import rfc3339
from stopwatch.core.rule import BaselineThreshold
from stopwatch.core.sample import Samples, classify
from stopwatch.core.state import armed_slot, rearmed
from stopwatch.core.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.kpi import Kpi
    from stopwatch.core.reading import Origin
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import Criterion, Limit, ResolvedRule, Threshold
    from stopwatch.watch.evaluation.cells import Cell, Column
    from stopwatch.watch.evaluation.folding import CellEvent, SiteFold

CONTROLS = 100
"""How many other sites' values a bundle holds at most."""
VERSION = 1


def armed_at(found: CellEvent, folded: SiteFold) -> datetime:
    """Return when the rule of an event was armed: at activation, or at the end of the last decision it was part of."""
    cell, armed = found.cell, found.cell.state.armed_at
    late = {event.joins for each in folded.folds for event in each.events if event.cell is cell} - {None}
    for end in folded.ended:
        before = cell.group.grid.at_or_after(end.at) <= cell.group.grid.at_or_before(found.event.at)
        if before and end.at > armed and (end.rearms(cell.rule.id) or end.decision in late):
            armed = end.at
    return armed


def bundle(
    found: CellEvent,
    rule: ResolvedRule,
    rule_set: RuleSet,
    *,
    armed: datetime,
    activation: Activation | None,
    last_change: Mapping[str, object],
    origin: Callable[[str], Origin],
) -> dict[str, object]:
    """
    Freeze what an event was judged by, as JSON values: samples, classes, rule, queries, verdict, other sites.

    Times are RFC 3339 UTC, values in the KPI's unit, missing points null. It holds three windows as far as they
    were read: an opening never waits for more than what was read to judge it, an appendix holds the rest. *armed* is
    when the rule was armed, *origin* tells where a source's readings come from; *activation* and *last_change* are how
    the site stood.
    """
    cell, event = found.cell, found.event
    newest = rule.grid.at_or_after(event.at)
    first = max(newest - wanted_slots(rule) + 1, *(column.cache.first for column in _columns(cell)))
    samples = cell.samples(first, newest)
    slots = classify(rule, first, samples)
    begin = max(first, newest - rule.window.reach + 1, armed_slot(rule, rearmed(armed)))
    site = rule_set.plan.sites[cell.site]
    return {
        "version": VERSION,
        "rollout": rule_set.plan.rollout,
        "change_record": plain(rule_set.plan.change.written),
        "site": cell.site,
        "site_name": site.name,
        "timezone": site.timezone,
        "label": site.label,
        "phase": cell.phase,
        "change": event.change.value,
        "at": rfc3339(event.at),
        "opened_at": rfc3339(event.opened_at),
        "pending_since": rfc3339(event.pending_since),
        "armed_at": rfc3339(armed),
        "rule": rule.record(),
        "rule_hash": rule.hash,
        "revision": rule_set.revision,
        "first_slot": rfc3339(rule.grid.instant(first)),
        "step_seconds": rule.written.step.total_seconds(),
        "classes": slots.classes.decode(),
        "good": slots.good.decode(),
        "conditions": _conditions(cell, rule, rule_set, samples),
        "verdict": verdict_json(judge(rule.window, slots.classes[begin - first :])),
        "source": origin_json(cell.columns[0][0].key.source, origin(cell.columns[0][0].key.source)),
        "activation": activation_json(activation),
        "last_change": plain(last_change),
        "on_call": site.on_call,
        "controls": _controls(cell, max(first, newest - rule.window.reach + 1), newest),
    }


def plain(value: object) -> object:
    """Return *value* as JSON can hold it: what it does not know (dates, infinities) is written as text."""
    return json.loads(json.dumps(value, default=str), parse_constant=str)


def _columns(cell: Cell) -> list[Column]:
    return [column for pair in cell.columns for column in pair if column is not None]


def _conditions(
    cell: Cell, rule: ResolvedRule, rule_set: RuleSet, samples: Sequence[Samples]
) -> list[dict[str, object]]:
    parts = zip(rule.written.criteria, rule.limits, cell.columns, samples, strict=True)
    return [
        _condition(rule_set.kpis[criterion.kpi], criterion, limit, pair, part) for criterion, limit, pair, part in parts
    ]


def _condition(
    kpi: Kpi, criterion: Criterion, limit: Limit, pair: tuple[Column, Column | None], samples: Samples
) -> dict[str, object]:
    value, volume = pair
    return {
        "kpi": kpi.id,
        "title": kpi.title,
        "unit": kpi.unit.value,
        "threshold_written": _written(criterion.threshold),
        "recover_written": _written(criterion.recover_threshold),
        "baselines": {statistic.value: frozen for statistic, frozen in limit.baselines},
        "source": value.key.source,
        "site_label": value.query.site_label,
        "query": value.query.expression,
        "values": [finite(number) for number in samples.values],
        "volume_query": volume.query.expression if volume is not None else None,
        "volumes": [finite(number) for number in samples.volumes] if samples.volumes is not None else None,
    }


def _written(threshold: Threshold | None) -> object:
    """Return a limit as the rule file says it, None where it says none."""
    if threshold is None:
        return None
    if not isinstance(threshold, BaselineThreshold):
        return str(threshold)
    bound = str(threshold.bound) if threshold.bound is not None else None
    return {"baseline": threshold.statistic.value, "factor": str(threshold.factor), "bound": bound}


def origin_json(name: str, origin: Origin) -> dict[str, object]:
    """Write where readings come from."""
    return {
        "name": name,
        "url": origin.url,
        "version": origin.version,
        "skew_seconds": origin.skew.total_seconds() if origin.skew is not None else None,
        "warnings": [],  # An answer that carries warnings is a failed evaluation and never judged.
    }


def activation_json(activation: Activation | None) -> dict[str, object] | None:
    """Write since when a site is live, with which version and by whom."""
    if activation is None:
        return None
    return {"at": rfc3339(activation.at), "version": activation.version, "actor": activation.actor}


def _controls(cell: Cell, first: int, last: int) -> dict[str, list[float | str | None]]:
    """Return the other sites' values of the first condition at *first* … *last*, at most `CONTROLS` sites."""
    column = cell.columns[0][0]
    others = sorted(site for site in column.query.labels.values() if site != cell.site)[:CONTROLS]
    return {site: [finite(number) for number in column.cache.window(site, first, last)] for site in others}
