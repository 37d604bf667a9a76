"""``stopwatch rollout rehearse``: the way back was tried, and how that went."""

from __future__ import annotations

from datetime import timedelta

import click

from stopwatch.cli.rollout.options import (
    Span,
    actor_option,
    link_option,
    note_option,
    voucher,
    wide_argument,
    write_entry,
)
from stopwatch.cli.terms import config_option, format_option, now, open_desk, refusals_as_exit_codes


@click.command(
    "rehearse",
    epilog="Example: stopwatch rollout rehearse lodz --what flag --from 4.12 --to 4.11 --took 8m "
    "--link https://wiki.example/rehearsal",
)
@wide_argument
@click.option(
    "--what",
    type=click.Choice(["flag", "workflow", "integration", "release"]),
    default="release",
    show_default=True,
    help="What was reverted.",
)
@click.option("--from", "from_version", metavar="V", help="From which version or setting.")
@click.option("--to", "to_version", metavar="V", help="To which version or setting.")
@click.option("--took", type=Span(), default=timedelta(0), metavar="DURATION", help="How long it took, e.g. 8m.")
@click.option("--failed", is_flag=True, help="It did not work; a rehearsal that failed makes nobody ready.")
@link_option
@note_option
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(
    place: str | None,
    what: str,
    from_version: str | None,
    to_version: str | None,
    took: timedelta,
    failed: bool,
    link: str | None,
    note: str | None,
    actor: str | None,
    config: str | None,
    form: str,
) -> None:
    """Record a rehearsal of the roll-back at a site, for a phase, or, without either, for the rollout."""
    from stopwatch.core.rollout import WIDE_ALL
    from stopwatch.watch.rollout.conduct import Rehearsal, rehearse

    proof = voucher(actor, link, note)
    held = Rehearsal(what, took, not failed, from_version, to_version)
    with open_desk(config, create=True) as desk:
        entry = rehearse(desk, place or WIDE_ALL, held, proof, now=now())
    how = "failed" if failed else "worked"
    write_entry(entry, f"{place or 'the rollout'}: the rehearsal {how}, recorded by {entry.actor}", form)
