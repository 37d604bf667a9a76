"""``stopwatch status``: how every site stands, from the records."""

from __future__ import annotations

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


@click.command("status", epilog="Example: stopwatch status --format json")
@config_option
@format_option
@refusals_as_exit_codes
def command(config: str | None, form: str) -> None:
    """
    Show how every site of the plan stands, as the daemon last recorded it.

    Values are only in the daemon's memory: its /api/v1/status shows them.
    """
    from stopwatch.core.grid import rfc3339
    from stopwatch.core.status import unwatched_words
    from stopwatch.core.wire import status_json
    from stopwatch.watch.recorded import recorded_status

    at = now()
    with open_records(config) as (rule_set, store), store.reading() as view:
        status = recorded_status(view, rule_set, at)
    if form == "json":
        write_json(status_json(status))
        return
    rows = []
    for site in status.sites:
        worst = [f"{rule.rule}: {rule.state}" for rule in site.rules if rule.state != "ok"]
        newest = max((rule.newest_slot for rule in site.rules if rule.newest_slot), default=None)
        rows.append(
            [
                site.site,
                site.phase,
                "PAUSED"
                if site.paused
                else site.state.value
                if site.state
                else unwatched_words(rule_set.plan.sites[site.site].go_live, at),
                site.decision or "",
                ", ".join(worst),
                rfc3339(newest) if newest else "",
            ]
        )
    write_table(["site", "phase", "state", "decision", "rules", "newest slot"], rows, "The plan has no sites.")
