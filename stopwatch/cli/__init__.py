"""The command line: one file per command, each imported only when it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch import __version__
from stopwatch.cli.lazy import LazyGroup

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
    "rollout": ("rollout", "Show the rollout, check readiness, activate sites, record what people do."),
    "drill": ("drill", "Try the path from a breach to a person, on purpose."),
    "gate": ("gate", "Ask whether the rollout may go on."),
    "issues": ("issues", "Keep the issue log: what is wrong, how bad, who sees to it."),
    "report": ("report", "Write the checkpoint, a gate's summary, or the handover pack."),
    "evidence": ("evidence", "Show the frozen evidence of a decision."),
    "audit": ("audit", "Verify or export the audit chain."),
    "outbox": ("outbox", "List, retry or drop messages that wait to be sent."),
    "backup": ("backup", "Copy the SQLite database while the daemon runs."),
    "restore": ("restore", "Make such a copy the database again."),
    "token": ("token", "Make a token for the HTTP API."),
    "demo": ("demo", "Parts of the demo that are useful alone: a Slack emulator."),
}
"""Per command: its module in this folder and the line that --help shows."""


@click.command(
    cls=LazyGroup,
    package="stopwatch.cli",
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Settings come from the environment (STOPWATCH_…). Start with: stopwatch check rules",
)
@click.version_option(__version__, prog_name="stopwatch")
def main() -> None:
    """Watch the KPIs of a phased rollout and pause it when a stop rule has held for its window."""
