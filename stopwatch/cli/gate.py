"""``stopwatch gate``: may the rollout go on here, answered by words and by the exit code."""

from __future__ import annotations

import sys

import click

from stopwatch.cli.terms import (
    FINDING,
    UNUSABLE,
    config_option,
    format_option,
    leave,
    open_records,
    refusals_as_exit_codes,
    write_json,
)


@click.command("gate", epilog="Example, in a pipeline: stopwatch gate lodz && ./roll-out lodz")
@click.argument("place", metavar="SITE")
@config_option
@format_option
@refusals_as_exit_codes
def command(place: str, config: str | None, form: str) -> None:
    """
    Say whether the rollout may go on at SITE now: exit code 0 if the gate is open, 1 if it is closed.

    It is closed while a pausing decision or a wide stop covers the site, or an earlier phase has a live decision.
    """
    from stopwatch.core.gate import site_gate
    from stopwatch.core.kpi import PhaseId, SiteId
    from stopwatch.core.wire import gate_json

    with open_records(config) as (rule_set, store):
        plan = rule_set.plan
        if place not in plan.sites:
            if plan.phase(PhaseId(place)) is not None:
                leave(f"{place} is a phase; this version judges the gates of sites: {', '.join(plan.sites)}", UNUSABLE)
            leave(f"the plan has no site {place}; it has {', '.join(plan.sites)}", UNUSABLE)
        with store.reading() as view:
            gate = site_gate(plan, SiteId(place), view.decisions(plan.rollout, live=True))
    if form == "json":
        write_json(gate_json(gate))
    elif gate.open:
        click.echo(f"open: nothing holds {place}")
    else:
        click.echo(f"closed: {place}")
        for reason in gate.reasons:
            click.echo(f"  {reason.text}")
    sys.exit(0 if gate.open else FINDING)
