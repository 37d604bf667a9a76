"""``stopwatch report gate``: the short status summary that stakeholders get at a phase's gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from stopwatch.cli.report.writing import form_option, out_option, phase_of, write_reports
from stopwatch.cli.terms import config_option, leave, now, open_desk, refusals_as_exit_codes, settings_from

if TYPE_CHECKING:
    from pathlib import Path

    from stopwatch.core.phase import Phase
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.web.reports.document import Document


@click.command(
    "gate",
    epilog="""\\b
Examples:
  stopwatch report gate pilot
  stopwatch report gate pilot --post""",
)
@click.argument("phase", metavar="PHASE")
@click.option("--post", is_flag=True, help="Post it to the stakeholders' channel, once for each judgement and go.")
@form_option
@out_option
@config_option
@refusals_as_exit_codes
def command(phase: str, post: bool, form: str | None, out: Path | None, config: str | None) -> None:
    """
    Write the outcome of a phase's gate, why, and what comes next; then the numbers. It judges nothing anew.

    It rests on the newest kept judgement (`stopwatch gate PHASE`) and what people made of it.
    """
    from stopwatch.watch.rollout.reporting import story_of
    from stopwatch.web.reports.gate import gate_document

    with open_desk(config) as desk:
        chosen = phase_of(desk.rule_set.plan, phase)
        with desk.store.reading() as view:
            story = story_of(view, desk.rule_set, now=now())
        document = gate_document(story, chosen)
        if post:
            _post(desk, chosen, document, config)
    if not post or form is not None or out is not None:
        write_reports([document], form, out)


def _post(desk: Desk, phase: Phase, document: Document, config: str | None) -> None:
    from stopwatch.core.ledger import EntryKind
    from stopwatch.core.phase_gate import newest_judgement
    from stopwatch.watch.rollout.reporting import report_message, tell_once
    from stopwatch.web.reports.document import message_facts

    settings, plan = settings_from(config), desk.rule_set.plan
    channel = plan.stakeholders.channel or settings.slack_channel
    if channel is None:
        leave("there is no channel: plan stakeholders.channel, or set STOPWATCH_SLACK_CHANNEL", 2)
    with desk.store.reading() as view:
        entries = view.entries(plan.rollout, scope=phase.id)
    judgement, call = newest_judgement([one for one in entries if one.kind is not EntryKind.REPORT], phase.id)
    if judgement is None:
        leave(f"{phase.id} was never judged; run: stopwatch gate {phase.id}", 1)
    item = f"gate/{judgement.number}" + (f"/{call.number}" if call is not None else "")
    address = settings.external_url
    link = f"{str(address).rstrip('/')}/reports/gate?phase={phase.id}" if address else None
    message = report_message(f"{plan.rollout}/{phase.id}/{item}", channel, message_facts(document, link=link))
    if tell_once(desk.store, plan.rollout, phase.id, item, message, now=now()):
        click.echo(f"the summary of {phase.id} is on its way to {channel}; the daemon posts it", err=True)
    else:
        click.echo(f"the summary of judgement {judgement.number} was posted before; nothing changed", err=True)
