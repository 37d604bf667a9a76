"""Options that the commands of a rollout share, and the record they make."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from stopwatch.cli.links import ticket_links
from stopwatch.cli.terms import Instant, actor_of, write_json
from stopwatch.config.duration import parse_duration

if TYPE_CHECKING:
    from stopwatch.core.ledger import Entry
    from stopwatch.watch.rollout.conduct import Voucher

link_option = click.option("--link", metavar="URL", help="The evidence: a ticket, a protocol, a page.")
note_option = click.option("--note", metavar="TEXT", help="What there is to say about it.")
actor_option = click.option("--actor", help="Who says so (default: the operating system's user).")
place_argument = click.argument("place", metavar="SITE|PHASE")
wide_argument = click.argument("place", metavar="[SITE|PHASE]", required=False)


class Span(click.ParamType[timedelta]):
    """A duration as Prometheus writes it: ``10m``, ``1h30m``."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """Return the duration that *value* spells."""
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(str(value))
        except ValueError as error:
            self.fail(f"{value!r}: {error}; write 10m, 1h30m, 30d", param, ctx)


class Ending(click.ParamType["datetime | timedelta"]):
    """A time, or how long from now."""

    name = "time or duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime | timedelta:
        """Return what *value* spells."""
        if isinstance(value, datetime | timedelta):
            return value
        try:
            return parse_duration(str(value))
        except ValueError:
            return Instant().convert(value, param, ctx)


def voucher(actor: str | None, link: str | None, note: str | None) -> Voucher:
    """
    Return who says so by which evidence.

    Raises:
        ActIncompleteError: The link is no web address.

    """
    from stopwatch.watch.rollout.conduct import Voucher

    return Voucher(actor_of(actor), "cli", link=checked(link), note=note)


def checked(link: str | None) -> str | None:
    """
    Return *link* if it has the form of one.

    Raises:
        ActIncompleteError: It is no web address.

    """
    return None if link is None else ticket_links([link])[0].url


def write_entry(entry: Entry, said: str, form: str) -> None:
    """Write what was recorded: the sentence *said*, or the entry."""
    from stopwatch.core.rollout_wire import entry_json

    if form == "json":
        write_json(entry_json(entry))
    else:
        click.echo(said)
