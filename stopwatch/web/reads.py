"""What people and programs read: status, decisions and gates."""

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict

from stopwatch.core.decision import DecisionId, DecisionState
from stopwatch.core.kpi import SiteId
from stopwatch.core.wire import decision_json, decisions_json, gate_json, status_json
from stopwatch.web.access import Access
from stopwatch.web.models import DecisionShape, DecisionsShape, GateShape, StatusShape
from stopwatch.web.ports import Board, Records
from stopwatch.web.problem import ProblemError, documented

_SCOPE = r"^[a-z0-9_][a-z0-9_-]{0,63}$"
_IDENTITY = re.compile(r"[A-Za-z0-9_-]{1,128}")


class DecisionFilter(BaseModel):
    """Which decisions to list; a misspelt parameter is refused, for it would list too many."""

    model_config = ConfigDict(extra="forbid")

    state: DecisionState | None = None
    site: Annotated[str | None, Query(pattern=_SCOPE)] = None


def read_routes(board: Board, records: Records, access: Access) -> APIRouter:
    """Return the endpoints that only read."""
    router = APIRouter(
        prefix="/api/v1", tags=["read"], dependencies=[Depends(access.reading())], responses=documented(401, 403, 503)
    )

    @router.get("/status", responses={200: {"model": StatusShape}})
    def status() -> Response:
        """Return all sites with the state of every rule."""
        return JSONResponse(status_json(board.status()))

    @router.get("/decisions", responses={200: {"model": DecisionsShape}, **documented(422)})
    def decisions(wanted: Annotated[DecisionFilter, Query()]) -> Response:
        """Return decisions, oldest first, of one state or one site if asked."""
        site = None if wanted.site is None else SiteId(wanted.site)
        return JSONResponse(decisions_json(records.decisions(wanted.state, site)))

    @router.get("/decisions/{decision}", responses={200: {"model": DecisionShape}, **documented(404)})
    def one_decision(decision: str) -> Response:
        """Return one decision with its grounds and acts."""
        found = records.decision(DecisionId(decision)) if _IDENTITY.fullmatch(decision) else None
        if found is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"no decision has the id {decision}")
        return JSONResponse(decision_json(found))

    @router.get("/gates/{site}", responses={200: {"model": GateShape}, 409: {"model": GateShape}, **documented(404)})
    def gate(site: str) -> Response:
        """Tell whether the rollout may go on at a site now: 200 if so, 409 with the reasons if not."""
        found = records.gate(SiteId(site)) if _IDENTITY.fullmatch(site) else None
        if found is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"the plan has no site {site}")
        return JSONResponse(gate_json(found), status_code=HTTPStatus.OK if found.open else HTTPStatus.CONFLICT)

    return router
