"""The command line: one file per command, each imported only when it is called."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

from stopwatch import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("run", "Watch the sites until a signal comes."),
    "check": ("check", "Check the rule files; --live asks Prometheus, links and Slack too."),
    "test": ("test", "Run tests of stop rules."),
    "replay": ("replay", "Replay the rules over the past, as Prometheus remembers it."),
    "explain": ("explain", "Say slot by slot why a rule fired or did not."),
    "status": ("status", "Show how every site stands."),
    "decisions": ("decisions", "List, show and act on pause decisions."),
    "pause": ("pause", "Declare a manual stop."),
    "gate": ("gate", "Ask whether the rollout may go on."),
    "evidence": ("evidence", "Show the frozen evidence of a decision."),
    "audit": ("audit", "Verify or export the audit chain."),
    "outbox": ("outbox", "List, retry or drop messages that wait to be sent."),
    "backup": ("backup", "Copy the SQLite database while the daemon runs."),
    "restore": ("restore", "Make such a copy the database again."),
    "token": ("token", "Make a token for the HTTP API."),
    "demo": ("demo", "Parts of the demo: simulated sites, Slack emulator."),
}
"""Per command: its module in this folder and the line that --help shows."""


class LazyGroup(click.Group):
    """A group that knows its commands' names and imports a command only when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 – the signature is click's
        """Return the names in the order of a working day."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 – as above, click's
        """Import the module of *cmd_name* and return its ``command``."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"stopwatch.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 – click's own
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_module, line) in COMMANDS.items()])


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Settings come from the environment (STOPWATCH_…). Start with: stopwatch check rules",
)
@click.version_option(__version__, prog_name="stopwatch")
def main() -> None:
    """Watch the KPIs of a phased rollout and pause it when a stop rule has held for its window."""
