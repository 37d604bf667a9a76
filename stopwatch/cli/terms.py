"""What commands share: options, settings, errors turned into exit codes, and how times are read."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, NoReturn, ParamSpec

import click

from stopwatch.core.errors import (
    ActIncompleteError,
    ActRefusedError,
    ConfigurationError,
    DecisionNotFoundError,
    IssueNotFoundError,
    StopwatchError,
)

if TYPE_CHECKING:
    from stopwatch.config.settings import Settings
    from stopwatch.core.rollout import RuleSet
    from stopwatch.store.sql import SqlStore
    from stopwatch.watch.acts.commands import Desk

P = ParamSpec("P")

GOOD, FINDING, UNUSABLE = 0, 1, 2
"""Exit codes: good; a finding, a refused act, a closed gate; bad usage or configuration."""

PIPED_WIDTH = 1000
"""How wide a table may be where no terminal cuts it."""

config_option = click.option(
    "--config",
    "config",
    type=click.Path(file_okay=False),
    default=None,
    help="Folder with kpis.yaml, stop-rules.yaml and rollout.yaml (default: STOPWATCH_CONFIG, else rules).",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="How to write the answer.",
)


class Instant(click.ParamType[datetime]):
    """A time: RFC 3339 with a zone, or seconds since the epoch."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the aware time that *value* names."""
        if isinstance(value, datetime):
            return value
        text = str(value).strip()
        try:
            if text.replace(".", "", 1).isdigit():
                return datetime.fromtimestamp(float(text), UTC)
            instant = datetime.fromisoformat(text)
        except (ValueError, OverflowError, OSError):
            self.fail(f"{text!r} is no time; write 2026-11-21T10:15:00Z", param, ctx)
        if instant.tzinfo is None:
            self.fail(f"{text!r} has no time zone; add Z or +01:00", param, ctx)
        return instant.astimezone(UTC)


def refusals_as_exit_codes(command: Callable[P, None]) -> Callable[P, None]:
    """Turn every failure that people must tell apart into a message on standard error and its exit code."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except ActRefusedError as error:
            leave(_refusal(error), FINDING)
        except (DecisionNotFoundError, IssueNotFoundError) as error:
            leave(str(error), FINDING)
        except ActIncompleteError as error:
            leave(f"{error.field}: {error}", UNUSABLE)
        except (ConfigurationError, StopwatchError) as error:
            leave(str(error), UNUSABLE)

    return wrapped


def _refusal(error: ActRefusedError) -> str:
    """Say why an act was refused and who acted last."""
    from stopwatch.core.grid import rfc3339

    last = error.standing
    if last.by is None or last.at is None or last.by in str(error):
        return str(error)
    return f"{error} (revision {last.rev}, last act by {last.by} at {rfc3339(last.at)})"


def leave(message: str, code: int) -> NoReturn:
    """Say why on standard error and end with *code*."""
    click.echo(f"stopwatch: {message}", err=True)
    sys.exit(code)


def settings_from(config: str | None) -> Settings:
    """
    Return the settings of the environment, with the folder given on the command line.

    Raises:
        ConfigurationError: Some of them are unusable.

    """
    from stopwatch.config.settings import load_settings

    return load_settings(os.environ, config=config)


@contextmanager
def open_store_only(config: str | None, *, create: bool = False) -> Iterator[SqlStore]:
    """
    Open the records, whatever the rule folder holds; only the daemon upgrades what an older version wrote.

    Raises:
        ConfigurationError: There is no such database and *create* is not asked for: an empty one would answer wrongly.
            Or another version wrote it.

    """
    from stopwatch.store.connect import open_store

    store = open_store(settings_from(config).database_url.get_secret_value(), create=create, upgrade=False)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def open_records(config: str | None, *, create: bool = False) -> Iterator[tuple[RuleSet, SqlStore]]:
    """Open the rule set and the records; where the rules are broken, the plan alone, with a warning."""
    from stopwatch.app.building import load_or_plan

    rule_set, warning = load_or_plan(settings_from(config).config)
    if warning is not None:
        click.echo(f"stopwatch: {warning}", err=True)
    with open_store_only(config, create=create) as store:
        yield rule_set, store


@contextmanager
def open_desk(config: str | None, *, create: bool = False) -> Iterator[Desk]:
    """Open the records for acts; a card that a new decision needs is posted by the daemon."""
    from stopwatch.watch.acts.commands import Desk

    with open_records(config, create=create) as (rule_set, store):
        yield Desk(store, rule_set, lambda _site: None)


def now() -> datetime:
    """Return the time of an act from the command line."""
    from stopwatch.app.clock import Clock

    return Clock().now()


def actor_of(given: str | None) -> str:
    """Return who acts: the name given, else the operating system's user."""
    if given:
        return given
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


def write_json(value: object) -> None:
    """Write *value* as one JSON document, indented."""
    import orjson  # the standard library indents ten times slower, which ten thousand decisions show

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode())


def write_table(columns: list[str], rows: list[list[str]], empty: str) -> None:
    """Write a plain table, or the sentence *empty* where there are no rows."""
    if not rows:
        click.echo(empty)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*columns, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    Console(width=width, highlight=False, markup=False).print(table)
