"""``stopwatch rollout activate``: a site goes live through its entry gate, or past it by an override."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn

import click

from stopwatch.cli.rollout.options import actor_option, checked, link_option
from stopwatch.cli.terms import (
    FINDING,
    Instant,
    actor_of,
    config_option,
    format_option,
    now,
    open_desk,
    refusals_as_exit_codes,
    write_json,
)

if TYPE_CHECKING:
    from stopwatch.core.errors import EntryClosedError


@click.command(
    "activate",
    epilog="Example: stopwatch rollout activate lodz --version 4.12.0",
)
@click.argument("site")
@click.option("--version", "version", metavar="V", help="What is activated (default: the plan's change.version).")
@click.option("--at", type=Instant(), metavar="T", help="When the site goes live (default: now).")
@click.option("--override", is_flag=True, help="Pass a closed gate; needs --reason, is audited and shown for good.")
@click.option("--reason", help="Why the gate is passed although it is closed.")
@link_option
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(
    site: str,
    version: str | None,
    at: datetime | None,
    override: bool,
    reason: str | None,
    link: str | None,
    actor: str | None,
    config: str | None,
    form: str,
) -> None:
    """
    Activate SITE: its rules are judged from then on. Exit code 1 if its entry gate is closed.

    The running daemon takes it up within seconds.
    """
    from stopwatch.core.errors import EntryClosedError
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout_wire import activation_json, entry_gate_json
    from stopwatch.watch.rollout.entry import GoLive, activate

    asked = GoLive(SiteId(site), actor_of(actor), version, at, override, reason, checked(link))
    try:
        with open_desk(config, create=True) as desk:
            activation, gate = activate(desk, asked, transport="cli", now=now())
    except EntryClosedError as error:
        _refuse(error, form)
    if form == "json":
        write_json({"activation": activation_json(activation), "entry": entry_gate_json(gate)})
        return
    click.echo(f"{site}: live from {activation.at:%Y-%m-%d %H:%M} UTC with {activation.version}, by {activation.actor}")
    for held in gate.reasons:
        click.echo(f"  passed by override: {held.text}")


def _refuse(error: EntryClosedError, form: str) -> NoReturn:
    from stopwatch.core.rollout_wire import entry_gate_json

    if form == "json":
        write_json({"activation": None, "entry": entry_gate_json(error.gate)})
    click.echo(f"stopwatch: {error}:", err=True)
    for reason in error.gate.reasons:
        click.echo(f"  {reason.text}", err=True)
    click.echo(f"see stopwatch rollout ready {error.gate.site}, or pass it by --override --reason TEXT", err=True)
    sys.exit(FINDING)
