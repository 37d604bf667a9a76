"""What a live check found, for people: the sources, a table of every rule at every site, and what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from stopwatch.cli.check_output import counted, escaped
from stopwatch.cli.terms import PIPED_WIDTH

if TYPE_CHECKING:
    from stopwatch.core.checkup import Cell, Checkup, Finding

_COLUMNS = ("", "site", "rule", "series", "now", "last window", "missing 7d", "low 7d", "usual volume", "guard")
_STYLES = {"error": "bold red", "warning": "yellow", "good": "green"}
_UNKNOWN = "–"


def write_checkup(checkup: Checkup, *, github: bool) -> None:
    """Write everything *checkup* found, worst first; with *github* its findings alone, as annotations."""
    if github:
        for finding in checkup.findings:
            click.echo(f"::{finding.weight} title={finding.code}::{escaped(_said(finding))}")
        return
    for state in checkup.sources:
        skew = "unknown" if state.skew is None else f"{state.skew.total_seconds():+.0f} s"
        click.echo(f"source {state.name}: {state.url}, version {state.version or 'unknown'}, clock skew {skew}")
    for note in checkup.notes:
        click.echo(note)
    if checkup.cells:
        click.echo()
        _write_cells(checkup)
    if checkup.findings:
        click.echo()
    for finding in checkup.findings:
        click.echo(f"{click.style(finding.weight, fg=_colour(finding))}: {_said(finding)} [{finding.code}]")
        if finding.hint:
            click.echo(f"  do: {finding.hint}")
    warnings = len(checkup.findings) - checkup.errors
    click.echo(f"\nlive: {counted(checkup.errors, 'error')}, {counted(warnings, 'warning')}")


def _write_cells(checkup: Checkup) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(*_COLUMNS, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for cell in checkup.cells:
        table.add_row(*_row(cell), style=_STYLES[cell.weight] if cell.weight != "good" else None)
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    Console(width=width, highlight=False, markup=False).print(table)


def _row(cell: Cell) -> tuple[str, ...]:
    return (
        cell.weight.value,
        cell.site,
        cell.rule,
        _shown(cell.series),
        _UNKNOWN if cell.now is None else "data" if cell.now else "none",
        _UNKNOWN if cell.got is None else f"{cell.got} of {cell.wanted}",
        _UNKNOWN if cell.missing is None else f"{cell.missing:.1%}",
        _UNKNOWN if cell.low is None else f"{cell.low:.1%}",
        _shown(cell.usual),
        _shown(cell.least),
    )


def _shown(number: float | None) -> str:
    return _UNKNOWN if number is None else f"{number:.4g}"


def _said(finding: Finding) -> str:
    return f"{finding.site}: {finding.message}" if finding.site else finding.message


def _colour(finding: Finding) -> str:
    return "red" if finding.weight == "error" else "yellow"
