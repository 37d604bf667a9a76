"""``stopwatch pause``: a manual stop criterion, declared by a person."""

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


@click.command(
    "pause",
    epilog="Example: stopwatch pause ham-01 --criterion operational-blocker --reason 'printers down in hall 2'",
)
@click.argument("site", required=False)
@click.option("--phase", help="Pause every site of this phase.")
@click.option("--all", "everywhere", is_flag=True, help="Pause every site of the rollout.")
@click.option("--criterion", required=True, help="What was met: operational-blocker, sev1, or a word of your own.")
@click.option("--reason", required=True, help="Why, in a sentence.")
@click.option("--link", "links", multiple=True, metavar="URL", help="Ticket or evidence; may be repeated.")
@click.option("--actor", help="Who declares it (default: the operating system's user).")
@config_option
@format_option
@refusals_as_exit_codes
def command(
    site: str | None,
    phase: str | None,
    everywhere: bool,
    criterion: str,
    reason: str,
    links: tuple[str, ...],
    actor: str | None,
    config: str | None,
    form: str,
) -> None:
    """Declare a manual stop for SITE, for a phase or for all; it joins the live decision there or opens one."""
    from stopwatch.cli.links import ticket_links
    from stopwatch.core.kpi import PhaseId, SiteId
    from stopwatch.core.stop import Stop
    from stopwatch.core.wire import decision_json
    from stopwatch.watch.acts.commands import pause

    if sum((site is not None, phase is not None, everywhere)) != 1:
        raise click.UsageError("give exactly one of SITE, --phase PHASE and --all")
    stop = Stop(
        criterion,
        reason,
        actor_of(actor),
        site=SiteId(site) if site else None,
        phase=PhaseId(phase) if phase else None,
        links=ticket_links(links),
    )
    with open_desk(config, create=True) as desk:
        decision, new = pause(desk, stop, transport="cli", now=now())
    if form == "json":
        write_json(decision_json(decision))
    else:
        click.echo(f"{decision.id}: {'opened' if new else 'joined'}, {decision.state}, revision {decision.rev}")
