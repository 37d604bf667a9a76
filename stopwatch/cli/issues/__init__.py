"""``stopwatch issues``: the issue log of the rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.lazy import LazyGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, tuple[str, str]] = {
    "add": ("add", "Write down an issue."),
    "list": ("list", "List issues, open and worst first; also as CSV."),
    "update": ("update", "Say what became of an issue."),
}
"""Per command: its module in this folder and the line that --help shows."""


@click.command(
    "issues",
    cls=LazyGroup,
    package="stopwatch.cli.issues",
    modules=COMMANDS,
    epilog="Start with: stopwatch issues list",
)
def command() -> None:
    """Keep the issue log: what is wrong at a site, how bad, the workaround, who owns it, and until when."""
