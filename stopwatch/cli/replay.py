"""``stopwatch replay``: what the rules would have done over a past span, as they are or as they might be."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from stopwatch.cli.terms import (
    Instant,
    config_option,
    format_option,
    refusals_as_exit_codes,
    settings_from,
    write_json,
)


@click.command(
    "replay",
    epilog="Example: stopwatch replay --start 2026-11-20T00:00:00Z --end 2026-11-21T00:00:00Z --html replay.html",
)
@click.option("--start", type=Instant(), required=True, help="The first slot is not before this time.")
@click.option("--end", type=Instant(), required=True, help="The last slot is not after this time.")
@click.option("--as-live", is_flag=True, help="Leave out sites and slots that the daemon would not watch.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with timelines to FILE.")
@click.option("--set", "sets", multiple=True, metavar="RULE.KEY=VALUE", help="Compare with the rules changed so.")
@click.option("--sweep", "sweeps", multiple=True, metavar="RULE.KEY=LOW:HIGH:STEP", help="Compare with each value.")
@config_option
@format_option
@refusals_as_exit_codes
def command(
    start: datetime,
    end: datetime,
    as_live: bool,
    html: Path | None,
    sets: tuple[str, ...],
    sweeps: tuple[str, ...],
    config: str | None,
    form: str,
) -> None:
    """
    Replay the rules over real history, slot by slot, through the daemon's own evaluator.

    Slots before --start do not exist, and nobody acts. The exit code is 0 whatever was found; queries that failed are
    named on standard error and counted in `evaluated.errors`. The database is read only where a limit follows a
    baseline; nothing is written.

    With --set and --sweep (both repeatable; all of --set count together) the rules as written are shown and the
    variants stand beside them. A change of a key counts at every phase and site, also where an override gave another
    value. VALUE is YAML: integration-5xx.sustain={for: 10m}.
    """
    from stopwatch.app.baselines import recorded_baselines
    from stopwatch.app.building import sources_of
    from stopwatch.app.clock import Clock
    from stopwatch.cli.replay_bar import bar
    from stopwatch.cli.replay_output import print_comparison, print_text, replay_json, variants_json
    from stopwatch.cli.replay_variants import variants
    from stopwatch.watch.replay.run import Span, replay

    if end < start:
        raise click.UsageError("--end lies before --start")
    settings = settings_from(config)
    asked = variants(settings.config, sets, sweeps)
    usable = [variant.rule_set for variant in asked if variant.rule_set is not None]
    sources = sources_of(usable[0], settings, Clock())
    span = Span(start, end, as_live=as_live)
    with bar() as progress:
        found = replay(
            usable,
            sources,
            span,
            baselines=recorded_baselines(settings, usable),
            progress=progress,
            drawn=html is not None,
        )
    for source in sources.values():
        source.close()
    for failure in dict.fromkeys(failure for result in found for failure in result.failures):
        click.echo(f"stopwatch: {failure}", err=True)
    results = iter(found)
    compared = [(variant, next(results) if variant.rule_set is not None else None) for variant in asked]
    several = len(asked) > 1
    if html is not None:
        from stopwatch.cli.replay_page import write_page

        write_page(html, found[0], usable[0], span, compared if several else ())
        click.echo(f"stopwatch: wrote {html}", err=True)
    if form == "json":
        write_json(replay_json(found[0]) | ({"variants": variants_json(compared, end)} if several else {}))
        return
    print_text(found[0], usable[0].plan, start, end)
    if several:
        print_comparison(compared, end)
