"""``stopwatch rollout status``: where every phase and site stands, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import (
    config_option,
    format_option,
    now,
    open_records,
    refusals_as_exit_codes,
    write_json,
    write_table,
)
from stopwatch.core.entry import Holds

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.overview import Overview, PhaseOverview, SiteOverview


@click.command("status", epilog="Example: stopwatch rollout status --format json")
@config_option
@format_option
@refusals_as_exit_codes
def command(config: str | None, form: str) -> None:
    """Show where every phase and site stands: live since when and with what, and what its entry gate lacks."""
    from zoneinfo import ZoneInfo

    from stopwatch.core.overview import overview
    from stopwatch.core.rollout_wire import overview_json
    from stopwatch.watch.rollout.entry import recorded_of

    moment = now()
    with open_records(config) as (rule_set, store), store.reading() as view:
        plan = rule_set.plan
        recorded = recorded_of(view, plan)
    found = overview(plan, recorded, now=moment, zone=ZoneInfo)
    if form == "json":
        write_json(overview_json(found))
    else:
        _write(found, moment)


def _write(found: Overview, moment: datetime) -> None:
    what = f": {found.change.what}" if found.change.what else ""
    click.echo(f"{found.rollout}, {found.change.type.value} change{what}")
    for phase in found.phases:
        click.echo(f"\n{phase.phase.id}: {_exit(phase)}")
        rows = [[site.site.id, site.site.name, _live(site, moment), _now(site)] for site in phase.sites]
        write_table(["site", "name", "live", "now"], rows, "no sites")
        for line in _missing(phase):
            click.echo(f"  {line}")
        for site in phase.sites:
            for entry in site.overrides:
                version, reason = entry.body.get("version"), entry.body.get("reason")
                click.echo(f"  {site.site.id}: {version} went live past a closed gate, by {entry.actor}: {reason}")
                unmet = entry.body.get("unmet")
                for text in unmet if isinstance(unmet, list) else ():
                    click.echo(f"    not met: {str(text).partition('; ')[0]}")


def _missing(phase: PhaseOverview) -> list[str]:
    """Name what sites that are not live lack, those that lack the same together: items, then what else holds them."""
    alike: dict[str, list[str]] = {}
    for site in phase.sites:
        reasons = site.gate.reasons if site.activation is None else ()
        items = ", ".join(reason.item or "" for reason in reasons if reason.holds is Holds.ITEM)
        others = [f"held: {reason.text}" for reason in reasons if reason.holds is not Holds.ITEM]
        for text in ([f"lack {items}"] if items else []) + others:
            alike.setdefault(text, []).append(site.site.id)
    return [f"{', '.join(sites)} {_agreeing(text, len(sites))}" for text, sites in alike.items()]


def _agreeing(text: str, sites: int) -> str:
    return text.replace("lack ", "lacks ", 1) if sites == 1 and text.startswith("lack ") else text


def _exit(phase: PhaseOverview) -> str:
    return "its exit is passed" if phase.missing is None else phase.missing


def _live(site: SiteOverview, moment: datetime) -> str:
    from stopwatch.core.status import unwatched_words

    live = site.activation
    if live is None and not site.by_itself:
        planned = f", planned {site.site.go_live:%Y-%m-%d %H:%M} UTC" if site.site.go_live is not None else ""
        return f"waits for rollout activate{planned}"
    if live is None:
        return unwatched_words(site.site.go_live, moment).replace("not evaluated yet", "at the daemon's next tick")
    version = f" with {live.version}" if live.version else ""
    return f"since {live.at:%Y-%m-%d %H:%M} UTC{version}, {live.actor}"


def _now(site: SiteOverview) -> str:
    if site.decision is not None:
        return f"{'PAUSED' if site.paused else 'overridden'}: {site.decision}"
    return site.gate.words if site.activation is None else "watched"
