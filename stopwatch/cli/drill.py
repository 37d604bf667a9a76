"""``stopwatch drill``: try the whole path from a breach to a person, on purpose."""

from __future__ import annotations

import click

from stopwatch.cli.terms import (
    actor_of,
    config_option,
    format_option,
    now,
    open_desk,
    refusals_as_exit_codes,
    write_json,
)


@click.command("drill", epilog="Example: stopwatch drill lodz")
@click.argument("site")
@click.option("--actor", help="Who begins it (default: the operating system's user).")
@config_option
@format_option
@refusals_as_exit_codes
def command(site: str, actor: str | None, config: str | None, form: str) -> None:
    """
    Begin a drill at SITE: a card marked DRILL in Slack, and a call of the second notifier at once.

    It pauses nothing and changes no gate. It is passed when somebody acknowledges it, and both were delivered; then it
    ends by itself, after 30 minutes at the latest, or by decisions close. The outcome counts for readiness. The running
    daemon delivers it.
    """
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.wire import decision_json
    from stopwatch.watch.rollout.drills import drill

    with open_desk(config, create=True) as desk:
        decision, new = drill(desk, SiteId(site), actor=actor_of(actor), transport="cli", now=now())
    if form == "json":
        write_json(decision_json(decision))
    else:
        click.echo(f"{decision.id}: {'a drill has begun' if new else 'a drill is under way'}, {decision.state}")
        click.echo(f"  answer it on its card, or: stopwatch decisions acknowledge {decision.id}")
        click.echo(f"  whether it was passed says: stopwatch rollout ready {site}")
