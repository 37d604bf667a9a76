"""``stopwatch run``: the daemon."""

from __future__ import annotations

import click

from stopwatch.cli.terms import config_option, refusals_as_exit_codes, settings_from


@click.command(
    "run",
    epilog="Example: STOPWATCH_PROMETHEUS_URL=http://127.0.0.1:9090 stopwatch run --config rules",
)
@config_option
@refusals_as_exit_codes
def command(config: str | None) -> None:
    """
    Watch the sites until SIGTERM or Ctrl-C; SIGHUP, and a change of its files, reads the rule folder anew.

    Settings come from the environment: STOPWATCH_PROMETHEUS_URL is needed, STOPWATCH_SLACK_BOT_TOKEN and
    STOPWATCH_SLACK_CHANNEL switch Slack on, STOPWATCH_DATABASE_URL says where decisions are kept.
    """
    from stopwatch.app import run
    from stopwatch.app.ending import leave_behind_what_hangs

    run(settings_from(config))
    leave_behind_what_hangs()
