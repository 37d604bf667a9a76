"""``stopwatch report checkpoint``: how a phase in hypercare stands, and that people met about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.report.writing import form_option, out_option, phase_of, write_reports
from stopwatch.cli.terms import actor_of, config_option, now, open_desk, open_records, refusals_as_exit_codes

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class Present(click.ParamType[tuple[str, str]]):
    """Somebody who was there, as ``ROLE:NAME``."""

    name = "role:name"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return role and name."""
        if isinstance(value, tuple):
            return value
        role, colon, name = (part.strip() for part in str(value).partition(":"))
        if not (role and colon and name):
            self.fail(f"{value!r} is no ROLE:NAME; write warehouse-lead:Bo", param, ctx)
        return role, name


@click.command(
    "checkpoint",
    epilog="""\\b
Examples:
  stopwatch report checkpoint
  stopwatch report checkpoint --phase pilot --out checkpoint.html
  stopwatch report checkpoint --held --present ops:Ida --present warehouse-lead:Bo --present engineering:Mia""",
)
@click.option("--phase", metavar="PHASE", help="Only of this phase (default: every phase in hypercare).")
@click.option("--held", is_flag=True, help="Record that it took place; its open issues count as reviewed.")
@click.option("--present", type=Present(), multiple=True, metavar="ROLE:NAME", help="Who was there; repeat it.")
@click.option("--note", metavar="TEXT", help="What was agreed.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Of which day (default: today).")
@click.option("--actor", help="Who records it (default: the operating system's user).")
@form_option
@out_option
@config_option
@refusals_as_exit_codes
def command(
    phase: str | None,
    held: bool,
    present: tuple[tuple[str, str], ...],
    note: str | None,
    day: datetime | None,
    actor: str | None,
    form: str | None,
    out: Path | None,
    config: str | None,
) -> None:
    """
    Write how every phase in hypercare stands: KPIs, decisions, blind time, open issues, and what is due.

    The KPIs are those of the newest report that the daemon made; everything else is as it stands now. With --held it is
    recorded that the checkpoint took place and who was there; nothing is written then.
    """
    if held:
        from stopwatch.core.kpi import PhaseId
        from stopwatch.watch.rollout.reporting import Meeting, hold

        chosen = PhaseId(phase) if phase is not None else None
        meeting = Meeting(actor_of(actor), present, note, day.date() if day is not None else None, chosen)
        with open_desk(config) as desk:
            entries = hold(desk, meeting, transport="cli", now=now())
        for entry in entries:
            who = ", ".join(f"{name} ({role})" for role, name in present)
            click.echo(f"{entry.scope}: the checkpoint of {entry.item} is recorded, with {who}")
        return
    if present or note or day:
        raise click.UsageError("--present, --note and --date go with --held")
    _write(phase, form, out, config)


def _write(phase: str | None, form: str | None, out: Path | None, config: str | None) -> None:
    from stopwatch.core.hypercare import in_hypercare
    from stopwatch.watch.rollout.reporting import newest_kpis, story_of
    from stopwatch.web.reports.checkpoint import checkpoint_document, kpi_rows

    with open_records(config) as (rule_set, store), store.reading() as view:
        story = story_of(view, rule_set, now=now())
    plan = story.plan
    if phase is not None:
        phases = [phase_of(plan, phase)]
    else:
        phases = in_hypercare(plan, story.activations, story.entries, at=story.now)
    if not phases:
        click.echo("No phase is in hypercare: nothing is live, or every phase that is live has passed its exit.")
        return
    documents = []
    for each in phases:
        kpis, as_of = newest_kpis(story.entries, each.id)
        documents.append(checkpoint_document(story, each, kpi_rows(kpis), as_of=as_of))
    write_reports(documents, form, out)
