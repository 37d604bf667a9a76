"""``stopwatch report``: what is told to people who do not read dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, tuple[str, str]] = {
    "checkpoint": ("checkpoint", "Write the daily checkpoint, or record that it took place."),
    "gate": ("gate", "Write the summary of a phase's gate; --post sends it to the stakeholders."),
    "handover": ("handover", "Write the handover pack."),
}
"""Per command: its module in this folder and the line that --help shows."""


@click.command(
    "report",
    cls=LazyGroup,
    package="stopwatch.cli.report",
    modules=COMMANDS,
    epilog="Start with: stopwatch report checkpoint",
)
def command() -> None:
    """Write reports from the records alone, plain words first: as Markdown, as HTML that prints well, or for Slack."""
