"""``stopwatch rollout ready``: the checklist of a site, item by item, with who owes what and why."""

from __future__ import annotations

import sys

import click

from stopwatch.cli.rollout.options import actor_option
from stopwatch.cli.terms import (
    FINDING,
    GOOD,
    actor_of,
    config_option,
    format_option,
    now,
    open_desk,
    refusals_as_exit_codes,
    settings_from,
    write_json,
)


@click.command("ready", epilog="Example: stopwatch rollout ready lodz && ./deploy lodz")
@click.argument("site")
@click.option("--no-ask", is_flag=True, help="Ask neither Prometheus nor links nor Slack; show what is recorded.")
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(site: str, no_ask: bool, actor: str | None, config: str | None, form: str) -> None:
    """
    Check whether SITE is ready: exit code 0 if every demanded item is met and nothing else holds it, else 1.

    Prometheus, the links and Slack are asked now, and their answers are recorded; they count for 24 hours.
    """
    from stopwatch.app.readiness import probe_site
    from stopwatch.cli.rollout.ready_output import write_ready
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.phase import AutomaticItem
    from stopwatch.core.rollout_wire import entry_gate_json
    from stopwatch.watch.rollout.entry import check_site, gate_of
    from stopwatch.watch.rollout.readiness import record_answers

    place = SiteId(site)
    with open_desk(config, create=True) as desk:
        plan = desk.rule_set.plan
        check_site(plan, place)
        phase = plan.phase(plan.sites[place].phase)
        asked = phase is not None and set(phase.automatic) - {
            AutomaticItem.REHEARSAL,
            AutomaticItem.DRILL,
            AutomaticItem.BASELINE,
        }
        if asked and not no_ask:
            answers = probe_site(desk.rule_set, settings_from(config), place)
            record_answers(desk, place, answers, actor=actor_of(actor), transport="cli", now=now())
        with desk.store.reading() as view:
            gate = gate_of(view, plan, place, now=now())
    if form == "json":
        write_json(entry_gate_json(gate))
    else:
        write_ready(plan, gate)
    sys.exit(GOOD if gate.open else FINDING)
