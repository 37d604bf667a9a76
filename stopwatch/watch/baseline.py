"""Baselines: read over a window from the source, frozen in the ledger with evidence, and looked up again."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.baseline import (
    Numbers,
    Taken,
    by_site,
    disproved,
    figures,
    numbers_of,
    refers,
    slots_of,
    wanted_kpis,
)
from stopwatch.core.errors import BaselineRefusedError
from stopwatch.core.grid import SlotRange, rfc3339
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.core.reading import MAX_POINTS, Query
from stopwatch.watch.evaluation.past import PATIENCE_SECONDS
from stopwatch.watch.noting import record_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.ports import Reader, Source, Store

KIND = "baseline"
VERSION = 1
CHUNK_SLOTS = MAX_POINTS // 4
"""So much is read at once: no answer is too large, and a person sees the progress."""


@dataclass(frozen=True, slots=True)
class Span:
    """The window of a baseline, from *start* to *end*."""

    start: datetime
    end: datetime


def take(
    rule_set: RuleSet,
    site: SiteId,
    source: Source,
    span: Span,
    *,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[Taken]:
    """
    Read every KPI that a baseline of *site* is about over *span*; *progress* hears (slots done, slots in all).

    Raises:
        SourceError: One of its kinds; a window that is half read freezes nothing.

    """
    rules = rule_set.rules.get(site, ())
    wanted = {kpi: slots_of(rules, kpi, span.start, span.end) for kpi in wanted_kpis(rule_set, site)}
    total, done = sum(len(slots) for slots in wanted.values()), 0
    found = []
    for kpi_id, slots in wanted.items():
        kpi = rule_set.kpis[kpi_id]
        query = Query(kpi.query, kpi.site_label, {rule_set.plan.sites[site].label: site})
        values: list[float] = []
        for part in _parts(slots):
            series = source.read(query, part, deadline_seconds=PATIENCE_SECONDS).series
            values += series.get(site) or [float("nan")] * len(part)
            done += len(part)
            progress(done, total)
        found.append(Taken(kpi, slots, tuple(values), figures(kpi_id, values, len(slots))))
    return found


def _parts(slots: SlotRange) -> Iterator[SlotRange]:
    for first in range(slots.first, slots.last + 1, CHUNK_SLOTS):
        yield replace(slots, first=first, last=min(slots.last, first + CHUNK_SLOTS - 1))


def freeze(
    store: Store,
    rule_set: RuleSet,
    site: SiteId,
    span: Span,
    taken: list[Taken],
    *,
    actor: str,
    transport: str,
    now: datetime,
) -> Entry:
    """
    Record what was *taken* as the baseline of *site*, with every value as its evidence, in one transaction.

    KPIs that nothing needs are left out where they have too few samples.

    Raises:
        BaselineRefusedError: A KPI that a limit or a roll-back needs has too few samples.
        StoreError: It could not be written; nothing changed.

    """
    needed = wanted_kpis(rule_set, site)
    short = [f"{one.kpi.id}: {one.figures.why}" for one in taken if one.figures.why and needed[one.kpi.id]]
    if short or not taken:
        why = "; ".join(short) or "no KPI is required or read by a rule there"
        raise BaselineRefusedError(f"no baseline of {site} was frozen: {why}")
    usable = [one for one in taken if one.figures.why is None]
    evidence = {
        "kind": KIND,
        "version": VERSION,
        "rollout": rule_set.plan.rollout,
        "site": site,
        "label": rule_set.plan.sites[site].label,
        "source": rule_set.plan.sites[site].source,
        "revision": rule_set.revision,
        "start": rfc3339(span.start),
        "end": rfc3339(span.end),
        "kpis": {one.kpi.id: one.record() for one in usable},
    }
    # Evidence is what reads back from its own text, so that a hash never depends on how a number was made.
    written = json.loads(canonical_json(evidence))
    body = {name: written[name] for name in ("source", "revision", "start", "end")} | {
        "evidence": content_hash(written),
        "kpis": {
            kpi: {name: value for name, value in told.items() if name != "values"}
            for kpi, told in written["kpis"].items()
        },
        "left_out": {one.kpi.id: one.figures.why for one in taken if one.figures.why is not None},
    }
    made = entry(rule_set.plan.rollout, EntryKind.BASELINE, site, body=body, actor=actor, at=now)
    with store.writing() as tx:
        tx.save_evidence(content_hash(written), canonical_json(written), now)
        return record_in(tx, made, transport=transport)


def newest_baseline(view: Reader, rollout: str, site: SiteId, *, before: datetime | None = None) -> Entry | None:
    """Return the newest baseline of *site*, of those frozen up to *before* if that is given."""
    found = view.entries(rollout, kind=EntryKind.BASELINE, scope=site)
    known = [one for one in found if before is None or one.at <= before]
    return max(known, key=lambda one: one.number, default=None)


def frozen_numbers(view: Reader, rollout: str) -> Mapping[str, Numbers]:
    """Return the frozen numbers of every site that has a baseline."""
    return by_site(view.newest_entries(rollout, EntryKind.BASELINE))


def rebaselined(store: Store, rule_set: RuleSet, known: Mapping[str, Numbers]) -> bool:
    """
    Tell whether baselines that limits may follow were frozen since those *known*.

    Raises:
        StoreError: The records could not be read.

    """
    if not refers(rule_set):
        return False
    with store.reading() as view:
        return frozen_numbers(view, rule_set.plan.rollout) != known


def proof(view: Reader, baseline: Entry) -> list[str]:
    """Return why a *baseline* is not what its evidence says, in words; empty where both agree."""
    stored = view.evidence(str(baseline.body.get("evidence")))
    if stored is None:
        return ["its evidence is not in these records"]
    told = json.loads(stored)
    found = disproved(told)
    if content_hash(told) != baseline.body.get("evidence"):
        found.append("its evidence was changed: the hash is another one")
    if numbers_of(baseline) != numbers_of(replace(baseline, body=told)):
        found.append("its numbers are not those of its evidence")
    return found
