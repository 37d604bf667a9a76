"""Laying out a watch: the records are read first, and what the leader writes comes last, all of it or nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from stopwatch.core.errors import StoreError
from stopwatch.watch.rollout.activating import GoLives, planned_go_lives, record_go_lives
from stopwatch.watch.starting import note_unwatched, take_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.reading import Origin
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import RuleSet
    from stopwatch.store.sql import SqlStore
    from stopwatch.watch.evaluation.tick import SourceWatch
    from stopwatch.watch.ports import Source

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Terms:
    """Where cards go, how far back is caught up, where evidence was read, and whether this replica *leads*."""

    channel: Callable[[SiteId | None], str | None]
    catch_up: timedelta
    origin: Callable[[str], Origin]
    leads: bool


@dataclass(frozen=True, slots=True, eq=False)
class Laid:
    """
    What is laid out, at *at* (monotonic seconds) and under *epoch*, None as a follower.

    *activations* say who is live, *next_go_live* when the plan activates a further site by itself.
    """

    epoch: int | None
    at: float
    activations: Mapping[SiteId, Activation]
    next_go_live: datetime | None


def lay_out(
    store: SqlStore, rule_set: RuleSet, sources: Mapping[str, Source], terms: Terms, *, now: datetime
) -> tuple[Mapping[SiteId, Activation], list[SourceWatch]]:
    """
    Return every site's newest activation and what is watched at each source.

    The leader records the go-lives of the plan that have come, and which rules left.

    Raises:
        StoreError: The records could not be read or written; nothing changed.

    """
    with store.recall.reading() as view:
        known = view.activations(rule_set.plan.rollout)
    found = planned_go_lives(known, rule_set, now) if terms.leads else GoLives(known)
    watches = take_up(
        store.recall,
        rule_set,
        sources,
        found.activations,
        channel=terms.channel,
        catch_up=terms.catch_up,
        origin=terms.origin,
    )
    try:
        if terms.leads:
            _settle(store, rule_set, found, terms, now)
    except BaseException:
        for watch in watches:
            watch.close()
        raise
    return _as_recorded(store, rule_set, found.activations), watches


def _as_recorded(
    store: SqlStore, rule_set: RuleSet, activations: Mapping[SiteId, Activation]
) -> Mapping[SiteId, Activation]:
    """Return *activations* as later views give them, object by object: every pulse compares them, which costs least."""
    with suppress(StoreError), store.recall.reading() as view:
        recorded = view.activations(rule_set.plan.rollout)
        return recorded if recorded == activations else activations
    return activations


def _settle(store: SqlStore, rule_set: RuleSet, found: GoLives, terms: Terms, now: datetime) -> None:
    with store.writing() as tx:
        record_go_lives(tx, rule_set.plan.rollout, found.fresh)
        changes = note_unwatched(tx, rule_set, terms.channel, now)
    for warning in found.warnings:
        log.warning("plan.go_live_edited", detail=warning)
    for detail in changes:
        log.info("ground.watch_changed", detail=detail)
