"""The issue log over HTTP: read it, write an issue down, say what became of it."""

from datetime import date
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request

from stopwatch.core.access import Scope
from stopwatch.core.issue import IssueStatus
from stopwatch.core.issue_wire import issue_json, issues_json
from stopwatch.core.once import Answer
from stopwatch.web.api.access import Access, Acting, wants
from stopwatch.web.api.issue_shapes import IssueShape, IssuesShape
from stopwatch.web.api.keyed import Key, answered, done
from stopwatch.web.api.problem import documented
from stopwatch.web.ports import Acts, Records, Writes

_PRINTABLE = r"^[^\x00]*$"
_Text = Annotated[str, Field(max_length=2000, pattern=_PRINTABLE)]
_Severity = Literal["sev1", "sev2", "sev3", "sev4"]


class IssueFilter(BaseModel):
    """Which issues to list; a misspelt parameter is refused, for it would list too many."""

    model_config = ConfigDict(extra="forbid")

    site: Annotated[
        str | None, Field(max_length=63, description="only those of this site or phase", examples=["ham-01"])
    ] = None
    open: Annotated[bool | None, Field(description="only open ones, or only resolved ones", examples=[True])] = None


class IssueUpdateBody(BaseModel):
    """What is said of an issue; what is left out stays, an empty text takes a field back."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"status": "resolved", "note": "fixed with 4.12.1"}]},
    )

    description: _Text | None = None
    severity: _Severity | None = None
    status: IssueStatus | None = None
    workaround: _Text | None = None
    owner: _Text | None = None
    target: Annotated[date | Literal[""] | None, Field(description="the day by which it is resolved")] = None
    attributable: Annotated[bool | None, Field(description="whether the change caused it")] = None
    note: _Text | None = None


class IssueBody(IssueUpdateBody):
    """A new issue at a site, or of a whole phase."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"site": "ham-01", "severity": "sev3", "description": "labels print twice", "owner": "Ida"}]
        }
    )

    site: Annotated[str, Field(max_length=63, pattern=_PRINTABLE)]
    description: Annotated[str, Field(min_length=1, max_length=2000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
    severity: _Severity


def said_of(body: IssueUpdateBody) -> dict[str, object]:
    """Return what a body says of an issue."""
    return body.model_dump(mode="json", exclude={"site"}, exclude_none=True)


def issue_read_routes(records: Records, access: Access) -> APIRouter:
    """Return the endpoint that reads the log."""
    router = APIRouter(
        prefix="/api/v1",
        tags=["read"],
        route_class=access.door(Scope.READ),
        dependencies=[wants(Scope.READ)],
        responses=documented(401, 403, 500, 503),
    )

    @router.get("/issues", responses={200: {"model": IssuesShape}, **documented(422)})
    def issues(wanted: Annotated[IssueFilter, Query()]) -> Response:
        """Return the issue log, open ones first, worst first, each with its history."""
        log = [
            one
            for one in records.issues()
            if wanted.site in {None, one.issue.scope} and wanted.open in {None, one.issue.open}
        ]
        return JSONResponse(issues_json(log))

    return router


def issue_write_routes(writes: Writes, access: Access) -> APIRouter:
    """Return the endpoints that write the log; each wants a token with the scope act."""
    router = APIRouter(
        prefix="/api/v1",
        tags=["issues"],
        route_class=access.door(Scope.ACT),
        dependencies=[wants(Scope.ACT)],
        responses=documented(400, 401, 403, 409, 413, 422, 500, 503),
    )

    @router.post("/issues", status_code=201, responses={201: {"model": IssueShape}})
    def add_issue(body: IssueBody, request: Request, who: Acting, key: Key = None) -> Response:
        """Write an issue down; it pauses nothing, but an open Sev1 or Sev2 keeps a phase from passing its gate."""

        def work(acts: Acts) -> Answer:
            logged = acts.issue(f"api:{who.name}", body.site, None, said_of(body))
            return answered(issue_json(logged), HTTPStatus.CREATED)

        return done(writes, who, key, request, body, work)

    @router.post("/issues/{issue}", responses={200: {"model": IssueShape}, **documented(404)})
    def update_issue(
        issue: Annotated[str, Path(description="an issue's id", examples=["ham-01-1"])],
        body: IssueUpdateBody,
        request: Request,
        who: Acting,
        key: Key = None,
    ) -> Response:
        """Say what became of an issue; a note alone says that somebody looked at it."""

        def work(acts: Acts) -> Answer:
            return answered(issue_json(acts.issue(f"api:{who.name}", None, issue, said_of(body))))

        return done(writes, who, key, request, body, work)

    return router
