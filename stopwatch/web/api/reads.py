"""What people and programs read: status, decisions and gates."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from stopwatch.core.access import Scope
from stopwatch.core.decision import DecisionId, DecisionState
from stopwatch.core.errors import DecisionNotFoundError
from stopwatch.core.kpi import SiteId
from stopwatch.core.wire import decision_json, decisions_json, evidence_json, status_json
from stopwatch.web.api.access import Access, wants
from stopwatch.web.api.gates import add_gates
from stopwatch.web.api.models import DecisionShape, DecisionsShape, EvidenceShape, StatusShape
from stopwatch.web.api.names import DecisionPath, decision_id, unknown_decision
from stopwatch.web.api.problem import ProblemError, documented
from stopwatch.web.api.readiness import add_readiness
from stopwatch.web.ports import Board, Records

MOST = 1000
"""The most decisions of one page."""
_SCOPE = r"^[a-z0-9_][a-z0-9_-]{0,63}$"
_IDENTITY = r"^[A-Za-z0-9_-]{1,128}$"


class DecisionFilter(BaseModel):
    """Which decisions to list; a misspelt parameter is refused, for it would list too many."""

    model_config = ConfigDict(extra="forbid")

    state: Annotated[DecisionState | None, Field(description="only those in this state", examples=["open"])] = None
    site: Annotated[
        str | None, Field(pattern=_SCOPE, description="only those of this site or scope", examples=["ham-01"])
    ] = None
    limit: Annotated[int | None, Field(ge=1, le=MOST, description="at most so many, the newest", examples=[50])] = None
    before: Annotated[
        str | None,
        Field(
            pattern=_IDENTITY,
            description=f"only those before this decision, the newest {MOST} if there is no limit",
            examples=["ham-01-20261121T1015Z"],
        ),
    ] = None


_NEXT = {"Link": {"description": 'with `limit`: the page before this one, `rel="next"`', "schema": {"type": "string"}}}


def read_routes(board: Board, records: Records, access: Access) -> APIRouter:
    """Return the endpoints that only read."""
    router = APIRouter(
        prefix="/api/v1",
        tags=["read"],
        route_class=access.door(Scope.READ),
        dependencies=[wants(Scope.READ)],
        responses=documented(401, 403, 500, 503),
    )

    @router.get("/status", responses={200: {"model": StatusShape}})
    def status() -> Response:
        """Return all sites as the newest evaluation left them, with their decisions as they stand now."""
        return JSONResponse(status_json(board.status()))

    add_gates(router, records)
    add_readiness(router, records)
    _add_decisions(router, records)
    return router


def _add_decisions(router: APIRouter, records: Records) -> None:
    @router.get("/decisions", responses={200: {"model": DecisionsShape, "headers": _NEXT}, **documented(422)})
    def decisions(wanted: Annotated[DecisionFilter, Query()]) -> Response:
        """
        Return decisions, oldest first; all of them, or those of one state or one site.

        With `limit` the newest of them; the header `Link` then leads to those before, if there may be more.
        """
        site = None if wanted.site is None else SiteId(wanted.site)
        before = None if wanted.before is None else DecisionId(wanted.before)
        if wanted.limit is None and before is None:
            return JSONResponse(decisions_json(records.decisions(wanted.state, site)))
        limit = wanted.limit or MOST
        try:
            found = records.newest(wanted.state, site, limit=limit, before=before)
        except DecisionNotFoundError as error:
            errors = [{"in": "query.before", "detail": str(error)}]
            raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error), extra={"errors": errors}) from None
        headers = None
        if len(found) == limit:
            query = wanted.model_dump(mode="json", exclude_none=True) | {"before": found[0].id}
            headers = {"Link": f'</api/v1/decisions?{urlencode(query)}>; rel="next"'}
        return JSONResponse(decisions_json(found), headers=headers)

    @router.get("/decisions/{decision}/evidence", responses={200: {"model": EvidenceShape}, **documented(404)})
    def evidence(decision: DecisionPath) -> Response:
        """Return every bundle of a decision's evidence by its hash, each verified anew from what is stored."""
        proofs = records.proofs(decision_id(decision))
        if proofs is None:
            raise unknown_decision(decision)
        return JSONResponse(evidence_json(decision, proofs))

    @router.get("/decisions/{decision}", responses={200: {"model": DecisionShape}, **documented(404)})
    def decision(decision: DecisionPath) -> Response:
        """Return one decision with its grounds and acts."""
        found = records.decision(decision_id(decision))
        if found is None:
            raise unknown_decision(decision)
        return JSONResponse(decision_json(found))
