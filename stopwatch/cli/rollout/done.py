"""``stopwatch rollout done``: an item of the checklist is met, or is not after all."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from stopwatch.cli.rollout.options import Ending, actor_option, link_option, note_option, voucher, write_entry
from stopwatch.cli.terms import config_option, format_option, now, open_desk, refusals_as_exit_codes


@click.command(
    "done",
    epilog="Example: stopwatch rollout done lodz dry-run --link https://wiki.example/dry-run-lodz --expires 30d",
)
@click.argument("place", metavar="SITE")
@click.argument("item")
@link_option
@note_option
@click.option("--expires", type=Ending(), metavar="T", help="Until when it counts: a time, or a duration such as 30d.")
@click.option("--withdraw", is_flag=True, help="The item is not met after all; say why with --note.")
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(
    place: str,
    item: str,
    link: str | None,
    note: str | None,
    expires: datetime | timedelta | None,
    withdraw: bool,
    actor: str | None,
    config: str | None,
    form: str,
) -> None:
    """
    Record that ITEM (its id or its text) of the checklist is met at SITE.

    The retrospective of an emergency change is recorded for its phase: rollout done PHASE retrospective --link URL.
    """
    from stopwatch.watch.rollout import conduct

    if withdraw and expires is not None:
        raise click.UsageError("--withdraw takes no --expires")
    moment = now()
    until = moment + expires if isinstance(expires, timedelta) else expires
    proof = voucher(actor, link, note)
    with open_desk(config, create=True) as desk:
        if withdraw:
            found, entry = conduct.withdraw(desk, place, item, proof, now=moment)
        else:
            found, entry = conduct.done(desk, place, item, proof, now=moment, expires=until)
    ends = f" until {until:%Y-%m-%d %H:%M} UTC" if until is not None else ""
    said = f"{place}: {found.id} is withdrawn" if withdraw else f"{place}: {found.id} is done{ends}"
    write_entry(entry, f"{said}, recorded by {entry.actor}", form)
