"""Judging the exit gate of a phase now: records and Prometheus looked at, the judgement kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.app.building import sources_of
from stopwatch.app.clock import Clock
from stopwatch.core.exit.judgement import judge
from stopwatch.prometheus.promql import ranges
from stopwatch.watch.baseline import frozen_numbers
from stopwatch.watch.rollout.exit import look, told_of
from stopwatch.watch.rollout.judging import Kept, keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopwatch.config.settings import Settings
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import RuleSet
    from stopwatch.store.sql import SqlStore


def judge_phase(
    rule_set: RuleSet,
    settings: Settings,
    store: SqlStore,
    phase: Phase,
    *,
    actor: str,
    transport: str,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Kept:
    """
    Judge *phase* over its whole observation window and keep the judgement with its evidence.

    Raises:
        ConfigurationError: A source has no address.
        StoreError: The records could not be read or written.

    """
    clock = Clock()
    now = clock.now()
    with store.reading() as view:
        told = told_of(view, rule_set.plan.rollout)
        frozen = frozen_numbers(view, rule_set.plan.rollout)
    used = {rule_set.plan.sites[site].source for site in phase.sites}
    sources = sources_of(rule_set, settings, clock)
    try:
        asked = {name: source for name, source in sources.items() if name in used}
        seen = look(
            rule_set,
            phase,
            asked,
            told,
            now=now,
            ranges=ranges,
            baselines=lambda site: frozen.get(site, {}),
            progress=progress,
        )
    finally:
        for source in sources.values():
            source.close()
    return keep(store, rule_set, phase, judge(rule_set.plan, phase, seen, at=now), actor=actor, transport=transport)
