"""``stopwatch rollout approve``: somebody else approves an emergency change."""

from __future__ import annotations

import click

from stopwatch.cli.rollout.options import actor_option, link_option, voucher, wide_argument, write_entry
from stopwatch.cli.terms import config_option, format_option, now, open_desk, refusals_as_exit_codes


@click.command("approve", epilog="Example: stopwatch rollout approve lodz --reason 'labels are refused since 06:00'")
@wide_argument
@click.option("--reason", required=True, help="Why, in a sentence.")
@link_option
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(place: str | None, reason: str, link: str | None, actor: str | None, config: str | None, form: str) -> None:
    """
    Approve an emergency change at a site, in a phase, or, without either, anywhere.

    It serves one activation of each site, by somebody else than the approver.
    """
    from stopwatch.core.rollout import WIDE_ALL
    from stopwatch.watch.rollout.conduct import approve

    proof = voucher(actor, link, None)
    with open_desk(config, create=True) as desk:
        entry = approve(desk, place or WIDE_ALL, reason, proof, now=now())
    write_entry(entry, f"{place or 'the rollout'}: approved by {entry.actor}", form)
