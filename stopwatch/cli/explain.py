"""``stopwatch explain``: why a rule fired at a site, or did not, slot by slot."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import (
    Instant,
    config_option,
    format_option,
    now,
    refusals_as_exit_codes,
    settings_from,
    write_json,
)

if TYPE_CHECKING:
    from stopwatch.config.settings import Settings
    from stopwatch.core.kpi import RuleId
    from stopwatch.core.rollout import RuleSet, Site
    from stopwatch.watch.explain.arming import Arming


@click.command("explain", epilog="Example: stopwatch explain ham-01 integration-5xx --at 2026-11-21T10:15:00Z")
@click.argument("site")
@click.argument("rule")
@click.option("--at", type=Instant(), default=None, help="As of this time (default: the newest slot that is judged).")
@click.option(
    "--slots", type=click.IntRange(1, 10_000), default=None, help="How many slots to list (default: the rule's range)."
)
@config_option
@format_option
@refusals_as_exit_codes
def command(site: str, rule: str, at: datetime | None, slots: int | None, config: str | None, form: str) -> None:
    """
    Say slot by slot why RULE fired at SITE, or did not.

    The slots are read from Prometheus and walked through by the daemon's own evaluator, from the site's activation on,
    at most STOPWATCH_CATCH_UP back. A database is read if there is one; nothing is written.
    """
    from stopwatch.app.baselines import recorded_baselines
    from stopwatch.app.building import load, sources_of
    from stopwatch.app.clock import Clock
    from stopwatch.cli.explain_output import as_json, print_text
    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.watch.explain.explanation import Question, explain, wanted

    settings = settings_from(config)
    rule_set = load(settings.config)
    known, judged = wanted(rule_set, SiteId(site), RuleId(rule))
    newest = now() - judged.eval_delay
    upto, notes = min(at or newest, newest), []
    if at is not None and at > newest:
        notes.append("That time is not judged yet; this is the newest slot that is.")
    arming, remark = _arming(settings, rule_set, known, judged.id, upto)
    sources = sources_of(rule_set, settings, Clock())
    question = Question(known.id, judged.id, upto, slots)
    told = explain(
        rule_set,
        sources[known.source],
        question,
        arming,
        catch_up=settings.catch_up,
        baselines=recorded_baselines(settings, [rule_set]),
    )
    url = sources[known.source].url
    for source in sources.values():
        source.close()
    notes += [note for note in (remark, _failures(arming, at)) if note]
    if form == "json":
        write_json(as_json(told, url=url, notes=notes))
    else:
        print_text(told, url=url, notes=notes)


def _arming(settings: Settings, rule_set: RuleSet, site: Site, rule: RuleId, at: datetime) -> tuple[Arming, str | None]:
    """Ask the records from when the rule counts, if there are any that can be read; else the plan."""
    from stopwatch.core.errors import ConfigurationError, StoreError
    from stopwatch.store.address import address
    from stopwatch.store.connect import open_store
    from stopwatch.watch.explain.arming import planned, recorded

    try:
        url = settings.database_url.get_secret_value()
        file = address(url).file
        if file is not None and not file.exists():
            return planned(site, at), None
        store = open_store(url, create=False, upgrade=False)
        try:
            with store.reading() as view:
                return recorded(view, rule_set.plan.rollout, site, rule, at), None
        finally:
            store.close()
    except (ConfigurationError, StoreError) as error:
        return planned(site, at), f"The records could not be read, so the plan's go-live counts: {error}"


def _failures(arming: Arming, at: datetime | None) -> str | None:
    failures = arming.row.state.failures if arming.row is not None and at is None else 0
    return f"The daemon's last {failures} evaluations of this rule failed; its log says why." if failures else None
