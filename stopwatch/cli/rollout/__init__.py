"""``stopwatch rollout``: where everything stands, what is missing, and what people record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, tuple[str, str]] = {
    "status": ("status", "Show where every phase and site stands, and what is missing."),
    "ready": ("ready", "Check the readiness of a site, item by item."),
    "done": ("done", "Record that an item of the checklist is met."),
    "rehearse": ("rehearse", "Record a rehearsal of the roll-back."),
    "baseline": ("baseline", "Freeze what the KPIs of a site were like, show it, compare with it."),
    "approve": ("approve", "Approve an emergency change."),
    "activate": ("activate", "Activate a site: it is watched from then on."),
    "runbook": ("runbook", "Record that a runbook was brought up to date."),
    "sign-off": ("sign_off", "Sign a phase or a site off."),
}
"""Per command: its module in this folder and the line that --help shows."""


@click.command(
    "rollout",
    cls=LazyGroup,
    package="stopwatch.cli.rollout",
    modules=COMMANDS,
    epilog="Start with: stopwatch rollout status",
)
def command() -> None:
    """Show the rollout, check readiness, activate sites, and record what people do."""
