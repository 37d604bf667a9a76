"""Baselines around a command: read from the records where there are any, and frozen from a site's own source."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.app.building import sources_of
from stopwatch.app.clock import Clock
from stopwatch.core.baseline import Numbers, Taken, refers
from stopwatch.core.errors import ConfigurationError, StoreError
from stopwatch.store.address import address
from stopwatch.store.connect import open_store
from stopwatch.watch.baseline import Span, frozen_numbers, take

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from stopwatch.config.settings import Settings
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import RuleSet

DELAY = timedelta(seconds=60)
"""What is younger may not have been scraped yet, where no rule says how long to wait."""


def recorded_baselines(settings: Settings, rule_sets: Sequence[RuleSet]) -> Callable[[SiteId], Numbers]:
    """
    Return what is frozen for each site: nothing where there is no database that can be read.

    No database is touched unless a limit in *rule_sets* follows a baseline, and none is ever made.
    """
    frozen: Mapping[str, Numbers] = {}
    if any(refers(rule_set) for rule_set in rule_sets):
        frozen = _read(settings, rule_sets[0].plan.rollout)
    return lambda site: frozen.get(site, {})


def _read(settings: Settings, rollout: str) -> Mapping[str, Numbers]:
    try:
        url = settings.database_url.get_secret_value()
        file = address(url).file
        if file is not None and not file.exists():
            return {}
        store = open_store(url, create=False, upgrade=False)
    except (ConfigurationError, StoreError):  # a limit without its baseline is told of as an error of its rule
        return {}
    try:
        with store.reading() as view:
            return frozen_numbers(view, rollout)
    except StoreError:
        return {}
    finally:
        store.close()


def window(rule_set: RuleSet, site: SiteId, length: timedelta, until: datetime | None) -> Span:
    """Return the span of *length* that ends at *until*, or where slots of *site* may be judged by now."""
    delay = max((rule.eval_delay for rule in rule_set.rules.get(site, ())), default=DELAY)
    newest = Clock().now() - delay
    end = (min(until, newest) if until is not None else newest).replace(microsecond=0)
    return Span(end - length, end)


def read_window(
    rule_set: RuleSet, settings: Settings, site: SiteId, span: Span, progress: Callable[[int, int], None]
) -> list[Taken]:
    """
    Read the KPIs of *site* over *span* from its source.

    Raises:
        ConfigurationError: A source has no address.
        SourceError: The source did not answer usably.

    """
    sources = sources_of(rule_set, settings, Clock())
    try:
        return take(rule_set, site, sources[rule_set.plan.sites[site].source], span, progress=progress)
    finally:
        for source in sources.values():
            source.close()
