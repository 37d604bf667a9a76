"""``stopwatch token``: make a token for the HTTP API."""

from __future__ import annotations

import click

from stopwatch.cli.terms import config_option, refusals_as_exit_codes


@click.command("token", epilog="Example: stopwatch token grafana --scope read >> tokens.yaml")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["read", "act", "admin"]),
    default=("read", "act"),
    show_default=True,
    help="What it is good for; may be repeated.",
)
@config_option
@refusals_as_exit_codes
def command(name: str, scopes: tuple[str, ...], config: str | None) -> None:  # noqa: ARG001 – every command takes it
    """
    Make a token called NAME: the secret is shown once, only its hash is kept.

    Standard output holds the line for the tokens file (below its key `tokens:`), standard error the secret.
    """
    from stopwatch.config.tokens import new_token

    made = new_token(name, scopes)
    click.echo(f"secret (shown only now): {made.secret}", err=True)
    click.echo(made.line)
