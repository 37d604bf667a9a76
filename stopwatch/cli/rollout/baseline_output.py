"""A baseline, and a comparison with it, as tables with a sentence above them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.terms import write_table
from stopwatch.web.figures import figure

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from stopwatch.core.baseline_comparison import Compared
    from stopwatch.core.ledger import Entry


def print_baseline(entry: Entry) -> None:
    """Print what is frozen, and what was left out and why."""
    body = entry.body
    click.echo(f"{entry.scope}: baseline {entry.number}, frozen by {entry.actor} at {entry.at:%Y-%m-%d %H:%M} UTC")
    click.echo(f"from {body['start']} to {body['end']}, source {body['source']}, evidence {str(body['evidence'])[:12]}")
    kpis, left = body.get("kpis"), body.get("left_out")
    rows = [
        [
            str(kpi),
            _figure(told["median"], told["unit"]),
            _figure(told["p90"], told["unit"]),
            f"{told['samples']} of {told['slots']}",
            f"{told['coverage']:.1%}",
        ]
        for kpi, told in (kpis.items() if isinstance(kpis, dict) else ())
    ]
    write_table(["KPI", "median", "p90", "samples", "coverage"], rows, "no KPIs")
    for kpi, why in left.items() if isinstance(left, dict) else ():
        click.echo(f"left out, nothing needs it: {kpi}: {why}")


def print_comparison(frozen: Entry, compared: Sequence[Compared], band: Decimal) -> None:
    """Print every KPI before and now, the worst sentence first."""
    outside = [one.kpi.id for one in compared if one.inside is False]
    unknown = [one.kpi.id for one in compared if one.inside is None]
    if outside:
        click.echo(f"{frozen.scope}: outside the baseline's band: {', '.join(outside)}")
    elif unknown:
        click.echo(f"{frozen.scope}: cannot be told of {', '.join(unknown)}")
    else:
        click.echo(f"{frozen.scope}: every KPI is within the baseline's band")
    click.echo(f"baseline {frozen.number} of {frozen.at:%Y-%m-%d %H:%M} UTC; the band is {band} times its median")
    rows = [
        [
            one.kpi.id,
            figure(one.median_before, one.kpi.unit.value),
            figure(one.now.median, one.kpi.unit.value),
            figure(one.p90_before, one.kpi.unit.value),
            figure(one.now.p90, one.kpi.unit.value),
            f"{one.ratio:.2f}" if one.ratio is not None else "–",
            one.words,
        ]
        for one in compared
    ]
    write_table(["KPI", "median before", "now", "p90 before", "now", "ratio", "in words"], rows, "no KPIs")


def _figure(number: object, unit: object) -> str:
    return figure(number if isinstance(number, int | float) else None, str(unit))
