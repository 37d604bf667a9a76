"""``stopwatch replay``: what the rules would have done over a past span."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import (
    Instant,
    config_option,
    format_option,
    refusals_as_exit_codes,
    settings_from,
    write_json,
    write_table,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from stopwatch.watch.replay import Breach, Replay


@click.command(
    "replay",
    epilog="Example: stopwatch replay --start 2026-11-20T00:00:00Z --end 2026-11-21T00:00:00Z --format json",
)
@click.option("--start", type=Instant(), required=True, help="The first slot is not before this time.")
@click.option("--end", type=Instant(), required=True, help="The last slot is not after this time.")
@click.option("--as-live", is_flag=True, help="Leave out sites and slots that the daemon would not watch.")
@config_option
@format_option
@refusals_as_exit_codes
def command(start: datetime, end: datetime, as_live: bool, config: str | None, form: str) -> None:
    """
    Replay the rules over real history, slot by slot, through the daemon's own evaluator.

    Slots before --start do not exist, and nobody acts. The exit code is 0 whatever was found; queries that failed are
    named on standard error and counted in `evaluated.errors`.
    """
    from stopwatch.app.building import load, sources_of
    from stopwatch.app.clock import Clock
    from stopwatch.watch.replay import Span, replay

    if end < start:
        raise click.UsageError("--end lies before --start")
    settings = settings_from(config)
    rule_set = load(settings.config)
    sources = sources_of(rule_set, settings, Clock())
    with _bar() as progress:
        found = replay(rule_set, sources, Span(start, end, as_live=as_live), progress=progress)
    for source in sources.values():
        source.close()
    for failure in found.failures:
        click.echo(f"stopwatch: {failure}", err=True)
    if form == "json":
        write_json(replay_json(found))
    else:
        _tell(found)


def replay_json(found: Replay) -> dict[str, object]:
    """Write a replay; times are RFC 3339 in UTC, null while it lasts."""
    from stopwatch.core.grid import rfc3339

    return {
        "breaches": [
            {
                "site": breach.site,
                "rule": breach.rule,
                "mode": breach.mode.value,
                "opened_at": rfc3339(breach.opened_at),
                "recovered_at": _time(breach.recovered_at),
                "pending_since": rfc3339(breach.pending_since),
            }
            for breach in found.breaches
        ],
        "decisions": [
            {
                "id": decision.id,
                "site": decision.site,
                "opened_at": rfc3339(decision.opened_at),
                "ended_at": _time(decision.ended_at),
                "grounds": [_ground(breach) for breach in decision.grounds],
            }
            for decision in found.decisions
        ],
        "evaluated": {"slots": found.slots, "missing": found.missing, "errors": found.errors},
    }


def _ground(breach: Breach) -> dict[str, object]:
    from stopwatch.core.grid import rfc3339

    return {
        "rule": breach.rule,
        "opened_at": rfc3339(breach.opened_at),
        "recovered_at": _time(breach.recovered_at),
    }


def _time(instant: datetime | None) -> str | None:
    from stopwatch.core.grid import rfc3339

    return None if instant is None else rfc3339(instant)


def _tell(found: Replay) -> None:
    rows = [
        [
            breach.site,
            breach.rule,
            breach.mode.value,
            str(_time(breach.pending_since)),
            str(_time(breach.opened_at)),
            _time(breach.recovered_at) or "still breached",
        ]
        for breach in found.breaches
    ]
    write_table(["site", "rule", "mode", "pending since", "opened", "recovered"], rows, "No rule was breached.")
    missing = f"{found.missing / found.slots:.1%}" if found.slots else "0 %"
    click.echo(
        f"\n{len(found.breaches)} breaches, {len(found.decisions)} decisions; "
        f"{found.slots} slots judged, {missing} of them missing, {found.errors} not judged for errors"
    )


def _bar() -> AbstractContextManager[Callable[[int, int], None]]:
    """Show progress on a terminal's standard error; stay silent elsewhere."""
    from contextlib import contextmanager

    @contextmanager
    def bar() -> Iterator[Callable[[int, int], None]]:
        if not sys.stderr.isatty():
            yield lambda _done, _total: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("slots"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
            task = shown.add_task("slots", total=None)
            yield lambda done, total: shown.update(task, completed=done, total=total)

    return bar()
