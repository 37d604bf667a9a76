"""Writing a report: in the form that is wanted, to a file or to the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from stopwatch.core.errors import ActIncompleteError, ConfigurationError
from stopwatch.core.kpi import PhaseId

if TYPE_CHECKING:
    from stopwatch.core.phase import Phase
    from stopwatch.core.rollout import Plan
    from stopwatch.web.reports.document import Document

form_option = click.option(
    "--format",
    "form",
    type=click.Choice(["md", "html", "slack"]),
    help="Markdown, one HTML file that needs nothing else, or the message as JSON (default: by --out, else md).",
)
out_option = click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Write into this file instead of the terminal."
)


def phase_of(plan: Plan, name: str) -> Phase:
    """
    Return a phase of the plan.

    Raises:
        ActIncompleteError: It has none of that id.

    """
    phase = plan.phase(PhaseId(name))
    if phase is None:
        known = ", ".join(each.id for each in plan.phases)
        raise ActIncompleteError("phase", f"the plan has no phase {name}; it has {known}")
    return phase


def write_reports(documents: list[Document], form: str | None, out: Path | None) -> None:
    """
    Write reports one after another.

    Raises:
        ConfigurationError: The file cannot be written.

    """
    wanted = form or ("html" if out is not None and out.suffix in {".html", ".htm"} else "md")
    text = _written(documents, wanted)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror or error}") from error
    click.echo(f"{out} is written ({wanted})", err=True)


def _written(documents: list[Document], form: str) -> str:
    if form == "html":
        from stopwatch.web.reports.page import filed_report

        return filed_report(documents)
    if form == "slack":
        return "".join(_message(document) for document in documents)
    from stopwatch.web.reports.markdown import markdown

    return "\n".join(markdown(document) for document in documents)


def _message(document: Document) -> str:
    import json

    from stopwatch.core.outbox import Detail
    from stopwatch.slack.report import report_message as rendered
    from stopwatch.watch.rollout.reporting import report_message
    from stopwatch.web.reports.document import message_facts

    payload = rendered(report_message("cli", "", message_facts(document)), Detail.FULL)
    return json.dumps({"text": payload.text, "blocks": list(payload.blocks)}, indent=2, ensure_ascii=False) + "\n"
