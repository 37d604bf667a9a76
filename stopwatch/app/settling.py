"""What the leader writes before a watch is laid out: go-lives that have come, and rules that left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from stopwatch.watch.rollout.activating import activate_planned
from stopwatch.watch.starting import note_unwatched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import RuleSet
    from stopwatch.store.sql import SqlStore

log = structlog.get_logger()


def settle(
    store: SqlStore, rule_set: RuleSet, channel: Callable[[SiteId | None], str | None], *, leads: bool, now: datetime
) -> Mapping[SiteId, Activation]:
    """
    Return all activations; who *leads* records those that have come and what is no longer watched.

    Raises:
        StoreError: The records could not be read or written.

    """
    if not leads:
        with store.reading() as view:
            return view.activations(rule_set.plan.rollout)
    activations, warnings = activate_planned(store.recall, rule_set, now)
    for warning in warnings:
        log.warning("plan.go_live_edited", detail=warning)
    for detail in note_unwatched(store, rule_set, channel, now):
        log.info("ground.watch_changed", detail=detail)
    return activations
