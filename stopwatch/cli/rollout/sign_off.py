"""``stopwatch rollout sign-off``: a role says that a phase or a site is usable and stable."""

from __future__ import annotations

import click

from stopwatch.cli.rollout.options import actor_option, link_option, note_option, place_argument, voucher, write_entry
from stopwatch.cli.terms import config_option, format_option, now, open_desk, refusals_as_exit_codes


@click.command(
    "sign-off", epilog="Example: stopwatch rollout sign-off pilot --role warehouse-lead --actor 'Anna Schulz'"
)
@place_argument
@click.option("--role", required=True, help="As what you sign: one of the plan's roles.")
@click.option("--refuse", is_flag=True, help="You do not sign; say why with --note. It takes back what was signed.")
@link_option
@note_option
@actor_option
@config_option
@format_option
@refusals_as_exit_codes
def command(
    place: str,
    role: str,
    refuse: bool,
    link: str | None,
    note: str | None,
    actor: str | None,
    config: str | None,
    form: str,
) -> None:
    """Sign a phase, or one of its sites, off as a role; exit gates demand the roles of the plan's exit.sign_offs."""
    from stopwatch.watch.rollout.conduct import sign_off

    proof = voucher(actor, link, note)
    with open_desk(config, create=True) as desk:
        entry = sign_off(desk, place, role, proof, now=now(), ok=not refuse)
    said = "refused to sign off" if refuse else "signed off"
    write_entry(entry, f"{place}: {said} as {role} by {entry.actor}", form)
