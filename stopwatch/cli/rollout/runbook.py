"""``stopwatch rollout runbook``: what was learned stands in the runbook now."""

from __future__ import annotations

import click

from stopwatch.cli.rollout.options import actor_option, link_option, note_option, voucher, wide_argument, write_entry
from stopwatch.cli.terms import config_option, format_option, now, open_desk, refusals_as_exit_codes


@click.command(
    "runbook",
    epilog="Example: stopwatch rollout runbook pilot --link https://wiki.example/runbook --note 'label retries added'",
)
@wide_argument
@link_option
@note_option
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(
    place: str | None, link: str | None, note: str | None, actor: str | None, config: str | None, form: str
) -> None:
    """
    Record that a runbook was brought up to date, for a site, a phase, or, without either, for the rollout.

    An exit gate demands one such record since go-live.
    """
    from stopwatch.core.rollout import WIDE_ALL
    from stopwatch.watch.rollout.conduct import runbook

    proof = voucher(actor, link, note)
    with open_desk(config, create=True) as desk:
        entry = runbook(desk, place or WIDE_ALL, proof, now=now())
    write_entry(entry, f"{place or 'the rollout'}: runbook recorded by {entry.actor}", form)
