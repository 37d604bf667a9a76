"""``stopwatch report handover``: the pack by which somebody else can run the sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.report.writing import form_option, out_option, write_reports
from stopwatch.cli.terms import config_option, now, open_records, refusals_as_exit_codes

if TYPE_CHECKING:
    from pathlib import Path


@click.command(
    "handover",
    epilog="""\\b
Examples:
  stopwatch report handover --out handover.html
  stopwatch report handover --format md > handover.md""",
)
@form_option
@out_option
@config_option
@refusals_as_exit_codes
def command(form: str | None, out: Path | None, config: str | None) -> None:
    """
    Write the handover pack of the rollout from the records and the plan; Prometheus is not asked.

    It holds the sites' configuration, known issues and mitigations, runbooks, the escalation path, KPIs with their
    limits and baselines, dashboards, decisions with their evidence and follow-ups, gates, sign-offs, checkpoints, and
    the head of the audit chain.
    """
    from stopwatch.watch.rollout.reporting import story_of
    from stopwatch.web.reports.handover import handover_document

    with open_records(config) as (rule_set, store), store.reading() as view:
        story = story_of(view, rule_set, now=now())
    write_reports([handover_document(story)], form, out)
