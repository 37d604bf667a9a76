"""The reports as pages: the checkpoint of every phase in hypercare, gates, and the handover pack."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response

from stopwatch.core.hypercare import in_hypercare
from stopwatch.core.kpi import PhaseId
from stopwatch.core.phase import Phase
from stopwatch.core.story import Story
from stopwatch.web.api.problem import ProblemError
from stopwatch.web.pages.records import Pages
from stopwatch.web.pages.sessions import Session
from stopwatch.web.reports.checkpoint import checkpoint_document
from stopwatch.web.reports.gate import gate_document
from stopwatch.web.reports.handover import handover_document
from stopwatch.web.reports.kpis import kpi_rows_of
from stopwatch.web.reports.page import report_facts

_Phase = Annotated[str, Query(max_length=64)]


def report_routes(pages: Pages) -> APIRouter:
    """Return the pages of reports; nothing changes by looking at them."""
    router = APIRouter(include_in_schema=False)
    reader = Annotated[Session | None, Depends(pages.enter)]

    @router.get("/reports")
    def reports(_: reader) -> Response:
        return RedirectResponse("/reports/checkpoint", HTTPStatus.SEE_OTHER)

    @router.get("/reports/checkpoint")
    def checkpoint(session: reader, phase: _Phase = "") -> Response:
        story, status = pages.estate.story(), pages.board.status()
        live = in_hypercare(story.plan, story.activations, story.entries, at=story.now)
        documents = [
            checkpoint_document(story, each, kpi_rows_of(status, story.rule_set, each), as_of=status.last_evaluation)
            for each in ([_phase(story, phase)] if phase else live)
        ]
        return pages.answer("report.html", report_facts(documents), session)

    @router.get("/reports/gate")
    def gate(session: reader, phase: _Phase = "") -> Response:
        story = pages.estate.story()
        phases = [_phase(story, phase)] if phase else story.plan.phases
        return pages.answer("report.html", report_facts([gate_document(story, each) for each in phases]), session)

    @router.get("/reports/handover")
    def handover(session: reader) -> Response:
        return pages.answer("report.html", report_facts([handover_document(pages.estate.story())]), session)

    return router


def _phase(story: Story, name: str) -> Phase:
    found = story.plan.phase(PhaseId(name))
    if found is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, f"the plan has no phase {name}")
    return found
