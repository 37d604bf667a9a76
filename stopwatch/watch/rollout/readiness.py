"""Asking the world whether a site is ready: data behind every KPI, links; and recording the answers."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.grid import Grid
from stopwatch.core.ledger import Entry, EntryKind, entry
from stopwatch.core.phase import AutomaticItem
from stopwatch.core.readiness import Probed
from stopwatch.watch.checkup.data import Probe
from stopwatch.watch.checkup.links import check_links
from stopwatch.watch.rollout.ledger import record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from stopwatch.core.kpi import Kpi, SiteId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.checkup.data import LiveSource
    from stopwatch.watch.checkup.links import AskLinks

LOOKED_BACK = timedelta(hours=1)
"""A KPI has data for a site if it had a value within so much time."""
_MINUTES = Grid(timedelta(minutes=1))
_LATE = timedelta(minutes=1)


def probe_data(rule_set: RuleSet, site: SiteId, source: LiveSource, *, now: datetime) -> Probed:
    """Ask *source* for every expression of every KPI that must be seen at *site*, over the past hour."""
    planned = rule_set.plan.sites[site]
    probe = Probe(source, {planned.label: site}, now)
    required = [kpi for kpi in rule_set.kpis.values() if kpi.required]
    alike: dict[str, list[str]] = {}
    for kpi in required:
        for what, trouble in _troubles(kpi, site, probe):
            alike.setdefault(trouble, []).append(what)
    if alike:
        told = [f"{', '.join(whats)}: {trouble}" for trouble, whats in alike.items()]
        return Probed(AutomaticItem.DATA, ok=False, detail="; ".join(told))
    if not required:
        return Probed(AutomaticItem.DATA, ok=False, detail="no KPI is required, so nothing would be seen")
    return Probed(AutomaticItem.DATA, ok=True, detail=f"{len(required)} KPIs have data")


def _troubles(kpi: Kpi, site: SiteId, probe: Probe) -> Iterator[tuple[str, str]]:
    for key in ("query", "volume", "failures", "attempts"):
        expression = getattr(kpi, key)
        if expression is None:
            continue
        slots = LOOKED_BACK // _MINUTES.step
        seen = probe.window(expression, kpi.site_label, _MINUTES, eval_delay=_LATE, slots=slots)
        what = kpi.id if key == "query" else f"{key} of {kpi.id}"
        if seen.failure is not None:
            yield what, str(seen.failure)
        elif site in seen.most:
            yield what, f"{seen.most[site]} series instead of one"
        elif all(math.isnan(value) for value in seen.values.get(site, ())):
            yield what, "no data in the past hour"


def probe_links(rule_set: RuleSet, site: SiteId, ask: AskLinks, *, now: datetime) -> Probed:
    """Ask every link that a decision at *site*, its dashboards and the plan would show."""
    found = check_links(narrowed(rule_set, site), ask, now=now)
    troubles = [finding.message for finding in found.findings]
    detail = "; ".join(troubles) if troubles else "; ".join(found.notes)
    return Probed(AutomaticItem.LINKS, ok=not troubles, detail=detail)


def narrowed(rule_set: RuleSet, site: SiteId) -> RuleSet:
    """Return the rule set as if *site* were the only one."""
    plan = replace(rule_set.plan, sites={site: rule_set.plan.sites[site]})
    return replace(rule_set, plan=plan, rules={site: rule_set.rules.get(site, ())})


def record_answers(
    desk: Desk, site: SiteId, answers: Iterable[Probed], *, actor: str, transport: str, now: datetime
) -> Entry:
    """
    Record what the world answered about *site*, so that the daemon and the gate know it and how old it is.

    Raises:
        StoreError: It could not be written; nothing changed.

    """
    body: dict[str, object] = {answer.item.value: answer.body() for answer in answers}
    made = entry(desk.rule_set.plan.rollout, EntryKind.LINKS, site, body=body, actor=actor, at=now)
    return record(desk, made, transport=transport)
