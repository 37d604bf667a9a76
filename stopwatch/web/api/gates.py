"""What pipelines ask: may the rollout go on at a site, may a phase be left."""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from stopwatch.core.kpi import PhaseId
from stopwatch.core.wire import gate_json, phase_gate_json
from stopwatch.web.api import examples
from stopwatch.web.api.models import GateShape, PhaseGateShape
from stopwatch.web.api.names import SitePath, site_id, unknown_site
from stopwatch.web.api.problem import documented
from stopwatch.web.ports import Records

_GATE: dict[int | str, dict[str, Any]] = {
    200: {"model": GateShape | PhaseGateShape, "content": {"application/json": {"example": examples.OPEN_GATE}}},
    409: {
        "model": GateShape | PhaseGateShape,
        "description": "the gate is closed",
        "content": {"application/json": {"example": examples.GATE}},
    },
    **documented(404, 422),
}
Closed = Annotated[
    Literal["409", "200"],
    Query(description="the status of a closed gate, for clients that take 409 for an outage", examples=["200"]),
]


def add_gates(router: APIRouter, records: Records) -> None:
    """Add the endpoints of gates to *router*; none of them changes anything."""

    @router.get("/gates/{site}", responses=_GATE)
    def gate(site: SitePath, closed: Closed = "409") -> Response:
        """
        Tell whether the rollout may go on at a site now: 200 if so, 409 with the reasons if not.

        With the id of a phase: whether that may be left, by its newest kept judgement and what has changed since.
        """
        return _answer(records, site, HTTPStatus(int(closed)))

    @router.post("/gates/{site}/confirm", responses=_GATE)
    def confirm_gate(site: SitePath) -> Response:
        """Answer as the gate itself does, for webhooks that can only POST; the body is not read, nothing changes."""
        return _answer(records, site, HTTPStatus.CONFLICT)


def _answer(records: Records, place: str, closed: HTTPStatus) -> Response:
    site = records.gate(site_id(place))
    if site is not None:
        return JSONResponse(gate_json(site), status_code=HTTPStatus.OK if site.open else closed)
    phase = records.phase_gate(PhaseId(place))
    if phase is None:
        raise unknown_site(place)
    return JSONResponse(phase_gate_json(phase), status_code=HTTPStatus.OK if phase.open else closed)
