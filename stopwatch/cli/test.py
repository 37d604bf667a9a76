"""``stopwatch test``: run tests of stop rules and show which expectation failed, with the slots around it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

EPILOG = """\b
A test file, YAML or JSON (rules may also be the path of a rule file or folder):

\b
  rules: [{id: r, kpi: v, op: ">", threshold: 5, sustain: {for: 10m}}]
  tests:
    - name: held for ten minutes
      series: [{site: ham-01, kpi: v, values: "1x2 9x10"}]
      expect: [{site: ham-01, rule: r, at: 13m, state: breached, since: 3m}]
      opens: [{site: ham-01, rule: r, at: 13m}]

\b
Exit code: 0 all good, 1 an expectation failed, 2 a file cannot be used.
"""


@click.command(
    "test",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    short_help="Run tests of stop rules.",
)
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    expose_value=False,
    help="Accepted as by every command; a test file names its own rules.",
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print.")
@click.option("-q", "--quiet", is_flag=True, help="Print failures and mistakes only.")
def command(files: tuple[Path, ...], form: str, quiet: bool) -> None:
    """
    Run tests of stop rules, each FILE on its own, without database, Slack or a Prometheus of yours.

    With input_series (raw series) the KPIs' queries are run too: by a Prometheus started for the test on loopback.
    Values are promtool's notation (1x2 is 1 1 1, 1+2x3 is 1 3 5 7, _ is missing) or a list; E is a failed evaluation.
    """
    from stopwatch.cli.test_output import as_json, print_text
    from stopwatch.cli.test_runs import run_file

    runs = [run_file(path) for path in files]
    if form == "json":
        click.echo(json.dumps(as_json(runs), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print_text(runs, quiet=quiet)
    sys.exit(2 if any(run.complaints for run in runs) else 1 if any(run.failed for run in runs) else 0)
