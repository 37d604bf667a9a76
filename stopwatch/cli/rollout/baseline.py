"""``stopwatch rollout baseline``: what the KPIs of a site were like, frozen, shown, or held against now."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from stopwatch.cli.rollout.options import Span, actor_option
from stopwatch.cli.terms import (
    FINDING,
    UNUSABLE,
    Instant,
    actor_of,
    config_option,
    format_option,
    leave,
    now,
    open_records,
    refusals_as_exit_codes,
    settings_from,
    write_json,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.baseline import Taken
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.rollout import RuleSet
    from stopwatch.store.sql import SqlStore
    from stopwatch.watch.baseline import Span as Window

FREEZES, COMPARES = timedelta(days=14), timedelta(days=1)


@click.command(
    "baseline",
    epilog="""\b
Examples:
  stopwatch rollout baseline lodz --window 14d
  stopwatch rollout baseline lodz --window 14d --until 2026-11-20T06:00:00Z
  stopwatch rollout baseline lodz --show
  stopwatch rollout baseline lodz --compare --window 1d""",
)
@click.argument("site")
@click.option("--window", type=Span(), metavar="DURATION", help="How long to look back (14d; with --compare 1d).")
@click.option("--until", type=Instant(), metavar="T", help="Where the window ends (default: the newest slot).")
@click.option("--show", is_flag=True, help="Show the newest baseline, checked against its evidence.")
@click.option("--compare", is_flag=True, help="Hold the KPIs of the window against the newest baseline.")
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(
    site: str,
    window: timedelta | None,
    until: datetime | None,
    show: bool,
    compare: bool,
    actor: str | None,
    config: str | None,
    form: str,
) -> None:
    """
    Freeze what the KPIs of SITE were like, so that limits and roll-backs can be held against it.

    Every KPI that a rule at the site reads, and every required one, is read over the window; its median and p90 are
    recorded with the number of samples, the query and every value as evidence. The newest baseline counts, for a
    running daemon within seconds. Exit code 1 if a KPI that is needed has too few samples: nothing is recorded then.
    """
    from stopwatch.app.baselines import window as window_of
    from stopwatch.core.errors import BaselineRefusedError, SourceError
    from stopwatch.core.kpi import SiteId
    from stopwatch.watch.baseline import newest_baseline

    if show and (compare or window is not None or until is not None):
        raise click.UsageError("--show goes with no other option")
    with open_records(config, create=not (show or compare)) as (rule_set, store):
        place = SiteId(site)
        if place not in rule_set.plan.sites:
            leave(f"the plan has no site {site}; it has {', '.join(rule_set.plan.sites)}", UNUSABLE)
        with store.reading() as view:
            frozen = newest_baseline(view, rule_set.plan.rollout, place)
        if frozen is None and (show or compare):
            leave(f"no baseline of {site} is frozen; stopwatch rollout baseline {site} --window 14d", FINDING)
        if frozen is not None and show:
            _show(store, frozen, form)
            return
        if not rule_set.rules:
            leave("the rules cannot be used, so no KPI can be read; see: stopwatch check", UNUSABLE)
        span = window_of(rule_set, place, window or (COMPARES if compare else FREEZES), until)
        try:
            taken = _taken(rule_set, place, span, config)
            if frozen is not None and compare:
                _compare(rule_set, frozen, taken, form)
            else:
                _freeze(store, rule_set, place, span, taken, actor_of(actor), form)
        except (BaselineRefusedError, SourceError) as error:
            leave(str(error), FINDING)


def _taken(rule_set: RuleSet, site: SiteId, span: Window, config: str | None) -> list[Taken]:
    from stopwatch.app.baselines import read_window
    from stopwatch.cli.replay_bar import bar

    with bar("reading") as progress:
        return read_window(rule_set, settings_from(config), site, span, progress)


def _freeze(
    store: SqlStore, rule_set: RuleSet, site: SiteId, span: Window, taken: list[Taken], actor: str, form: str
) -> None:
    from stopwatch.cli.rollout.baseline_output import print_baseline
    from stopwatch.core.rollout_wire import entry_json
    from stopwatch.watch.baseline import freeze

    entry = freeze(store, rule_set, site, span, taken, actor=actor, transport="cli", now=now())
    if form == "json":
        write_json(entry_json(entry))
    else:
        print_baseline(entry)


def _show(store: SqlStore, frozen: Entry, form: str) -> None:
    from stopwatch.cli.rollout.baseline_output import print_baseline
    from stopwatch.core.rollout_wire import entry_json
    from stopwatch.watch.baseline import proof

    with store.reading() as view:
        troubles = proof(view, frozen)
    if form == "json":
        write_json(entry_json(frozen) | {"verified": not troubles, "troubles": troubles})
    else:
        print_baseline(frozen)
    if troubles:
        leave(f"this baseline is not what was frozen: {'; '.join(troubles)}", FINDING)
    if form != "json":
        click.echo("every number was computed anew from its evidence, and agrees")


def _compare(rule_set: RuleSet, frozen: Entry, taken: Sequence[Taken], form: str) -> None:
    from stopwatch.cli.rollout.baseline_output import print_comparison
    from stopwatch.core.baseline import frozen_figures
    from stopwatch.core.baseline_comparison import compare
    from stopwatch.core.grid import rfc3339

    band = rule_set.plan.rollback.band
    found = compare(rule_set.kpis, frozen_figures(frozen), [one.figures for one in taken], band=band)
    if form == "json":
        write_json(
            {
                "site": frozen.scope,
                "baseline": frozen.number,
                "frozen_at": rfc3339(frozen.at),
                "band": float(band),
                "kpis": [one.record() for one in found],
            }
        )
    else:
        print_comparison(frozen, found, band)
