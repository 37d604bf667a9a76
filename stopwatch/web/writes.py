"""What people and programs do: acts upon decisions, manual stops, alerts; every caller has a name."""

from collections.abc import Sequence
from datetime import UTC
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act, DecisionId, Link
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.stop import Alert, AlertOutcome, Stop
from stopwatch.core.wire import decision_json
from stopwatch.web.access import Access
from stopwatch.web.models import DecisionShape
from stopwatch.web.ports import Acts
from stopwatch.web.problem import documented
from stopwatch.web.tokens import Token

_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)


class LinkBody(BaseModel):
    """A link with its kind."""

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(default="ticket", pattern=r"^[a-z][a-z0-9_-]{0,30}$")
    url: HttpUrl


_Links = Annotated[list[LinkBody | HttpUrl], Field(max_length=20)]
_Text = Annotated[str, Field(max_length=2000)]


class ActBody(BaseModel):
    """One act; which members it needs depends on the act."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"rev": 1, "reason": "printers are back"}]}
    )

    rev: Annotated[int | None, Field(ge=1, description="the revision that was seen; without it the newest counts")] = (
        None
    )
    shown: Annotated[int | None, Field(ge=1, description="how many grounds were shown")] = None
    reason: _Text | None = None
    category: Annotated[str, Field(max_length=100)] | None = None
    until: AwareDatetime | None = None
    what: Annotated[str, Field(max_length=100)] | None = None
    from_version: Annotated[str | None, Field(alias="from", max_length=200)] = None
    to_version: Annotated[str | None, Field(alias="to", max_length=200)] = None
    ground: Annotated[str, Field(max_length=200)] | None = None
    grounds: Annotated[list[str], Field(max_length=100)] | None = None
    links: _Links = []


class PauseBody(BaseModel):
    """A manual stop for exactly one of a site, a phase and all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"site": "ham-01", "criterion": "operational-blocker", "reason": "no labels"}]},
    )

    site: Annotated[str, Field(max_length=63)] | None = None
    phase: Annotated[str, Field(max_length=63)] | None = None
    everywhere: Annotated[bool, Field(alias="all")] = False
    criterion: Annotated[str, Field(min_length=1, max_length=100)]
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    links: _Links = []


class AlertBody(BaseModel):
    """One alert of Alertmanager's webhook payload; members that are not needed are let through."""

    status: Annotated[str, Field(pattern="^(firing|resolved)$")]
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    fingerprint: Annotated[str, Field(min_length=1, max_length=200)]
    generatorURL: str | None = None  # noqa: N815 – Alertmanager's own name


class AlertsBody(BaseModel):
    """Alertmanager's webhook payload, version 4."""

    alerts: Annotated[list[AlertBody], Field(max_length=1000)]


class AlertShape(BaseModel):
    """What became of one alert."""

    fingerprint: str
    outcome: str
    detail: str
    decision: str | None


class AlertsShape(BaseModel):
    """What became of every alert, in the order of the request."""

    alerts: list[AlertShape]


def write_routes(acts: Acts, access: Access) -> APIRouter:
    """Return the endpoints that change something; each wants a token with the scope act."""
    router = APIRouter(prefix="/api/v1", tags=["act"], responses=documented(401, 403, 422, 503))
    caller = Annotated[Token, Depends(access.acting())]

    @router.post("/decisions/{decision}/{act}", responses={200: {"model": DecisionShape}, **documented(404, 409)})
    def act(decision: str, act: Act, body: ActBody, who: caller) -> Response:
        """Act on a decision: 200 with the decision, 409 with who did what when if it changed meanwhile."""
        request = ActRequest(
            act,
            _actor(who),
            body.reason,
            rev=body.rev,
            shown=body.shown,
            category=body.category,
            until=body.until.astimezone(UTC) if body.until is not None else None,
            what=body.what,
            from_version=body.from_version,
            to_version=body.to_version,
            ground=body.ground,
            grounds=tuple(body.grounds) if body.grounds is not None else None,
            links=_links(body.links),
        )
        return JSONResponse(decision_json(acts.act(DecisionId(decision), request)))

    @router.post("/pauses", status_code=201, responses={200: {"model": DecisionShape}, 201: {"model": DecisionShape}})
    def pause(body: PauseBody, who: caller) -> Response:
        """Declare a manual stop: 201 if it opened a decision, 200 if it joined a live one."""
        stop = Stop(
            body.criterion,
            body.reason,
            _actor(who),
            site=SiteId(body.site) if body.site is not None else None,
            phase=PhaseId(body.phase) if body.phase is not None else None,
            links=_links(body.links),
        )
        decision, new = acts.pause(stop, everywhere=body.everywhere)
        return JSONResponse(decision_json(decision), status_code=HTTPStatus.CREATED if new else HTTPStatus.OK)

    @router.post("/alerts", responses={200: {"model": AlertsShape}})
    def alerts(body: AlertsBody, who: caller) -> Response:
        """Take Alertmanager's webhook: firing alerts pause their site, resolved ones resolve their ground."""
        outcomes = [acts.alert(_alert(alert), actor=_actor(who)) for alert in body.alerts]
        return JSONResponse({"alerts": [_outcome(outcome) for outcome in outcomes]})

    return router


def _actor(who: Token) -> str:
    return f"api:{who.name}"


def _links(bodies: Sequence[LinkBody | HttpUrl]) -> tuple[Link, ...]:
    return tuple(
        Link(body.kind, str(body.url)) if isinstance(body, LinkBody) else Link("ticket", str(body)) for body in bodies
    )


def _alert(body: AlertBody) -> Alert:
    return Alert(body.fingerprint, body.status == "resolved", body.labels, body.annotations, _url(body.generatorURL))


def _url(text: str | None) -> str | None:
    try:
        return str(_URL.validate_python(text)) if text else None
    except ValidationError:
        return None


def _outcome(outcome: AlertOutcome) -> dict[str, Any]:
    return {
        "fingerprint": outcome.fingerprint,
        "outcome": outcome.outcome,
        "detail": outcome.detail,
        "decision": outcome.decision,
    }
