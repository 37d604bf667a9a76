"""``stopwatch demo``: parts of the demo that are useful alone."""

from __future__ import annotations

import click

from stopwatch.cli.nearest import NearestGroup
from stopwatch.cli.terms import config_option


@click.group("demo", cls=NearestGroup, epilog="Example: stopwatch demo slack --port 8080")
def command() -> None:
    """Parts of the demo that are useful alone."""


@command.command("slack", epilog="Then: STOPWATCH_SLACK_BASE_URL=http://127.0.0.1:8080/api/ stopwatch run")
@click.option("--port", type=int, default=8080, show_default=True)
@click.option(
    "--token",
    "tokens",
    multiple=True,
    default=("xoxb-demo", "xapp-demo"),
    show_default=True,
    help="Accepted bot token.",
)
@click.option(
    "--channel",
    "channels",
    multiple=True,
    default=("C0HYPERCARE=hypercare",),
    show_default=True,
    metavar="ID=NAME",
    help="A channel; may be repeated.",
)
@click.option("--request-url", default=None, help="Where clicks are sent, signed, as Slack would.")
@config_option
def slack(
    port: int,
    tokens: tuple[str, ...],
    channels: tuple[str, ...],
    request_url: str | None,
    config: str | None,  # noqa: ARG001 – every command takes it
) -> None:
    """Imitate Slack on loopback, strictly, with a page that shows the channel; nothing leaves this machine."""
    from stopwatch.demo.slack import serve

    named = dict(entry.partition("=")[::2] for entry in channels)
    serve(port=port, tokens=tokens, channels=named, request_url=request_url, say=click.echo)
