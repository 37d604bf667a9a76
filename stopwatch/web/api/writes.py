"""What people and programs do: acts upon decisions, manual stops, alerts; every caller has a name."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.requests import Request

from stopwatch.core.access import Scope, Token
from stopwatch.core.decision import Act
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.once import Answer
from stopwatch.core.stop import AlertOutcome, Stop
from stopwatch.core.wire import decision_json
from stopwatch.web.api.access import Access, Acting, wants
from stopwatch.web.api.bodies import BODIES, ActBody, AlertsBody, PauseBody, alert_of, links_of, request_of
from stopwatch.web.api.keyed import Key, answered, done
from stopwatch.web.api.models import AlertsShape, DecisionShape
from stopwatch.web.api.names import DecisionPath, decision_id
from stopwatch.web.api.problem import ProblemError, documented
from stopwatch.web.ports import Acts, Writes

_TOLD = {
    Act.ACKNOWLEDGE: "Say that somebody looks at it; escalation ends.",
    Act.CONFIRM: "Say that the breach is real; the site stays paused.",
    Act.RESUME: "End the pause: every ground has recovered or is resolved, and the site is seen.",
    Act.OVERRIDE: "Go on although grounds hold, for a bounded time.",
    Act.DISMISS: "End the pause because there was no breach.",
    Act.ROLL_BACK: "Say what was reverted; from now on recovery is verified.",
    Act.PAUSE_AGAIN: "End an override before its time.",
    Act.CLOSE: "End a decision after a roll-back.",
    Act.RESOLVE: "End one ground that no data can end: a manual one, or one whose rule is gone.",
    Act.ATTACH: "Add links to a ground; changes no revision.",
}


def write_routes(writes: Writes, access: Access) -> APIRouter:
    """Return the endpoints that change something; each wants a token with the scope act."""
    router = APIRouter(
        prefix="/api/v1",
        route_class=access.door(Scope.ACT),
        dependencies=[wants(Scope.ACT)],
        responses=documented(400, 401, 403, 409, 413, 422, 500, 503),
    )
    for act, shape in BODIES.items():
        router.add_api_route(
            f"/decisions/{{decision}}/{act}",
            _act(writes, act, shape),
            methods=["POST"],
            name=act.value.replace("-", "_"),
            description=_TOLD[act] + " 409 tells who did what when, if the decision changed since it was seen.",
            tags=["acts"],
            responses={200: {"model": DecisionShape}, **documented(404)},
        )

    @router.post("/decisions/{decision}/{act}", include_in_schema=False)
    def no_act(decision: str, act: str) -> Response:
        """Name the acts to whoever misspelt one."""
        raise ProblemError(HTTPStatus.NOT_FOUND, f"{act} is no act upon {decision}; there are {', '.join(BODIES)}")

    _add_intake(router, writes)
    return router


def _act(writes: Writes, act: Act, shape: type[ActBody]) -> Callable[..., Response]:
    def endpoint(decision: DecisionPath, body: ActBody, request: Request, who: Acting, key: Key = None) -> Response:
        identity, asked = decision_id(decision), request_of(act, body, actor=_actor(who))

        def work(acts: Acts) -> Answer:
            return answered(decision_json(acts.act(identity, asked)))

        return done(writes, who, key, request, body, work)

    endpoint.__annotations__["body"] = shape
    return endpoint


def _add_intake(router: APIRouter, writes: Writes) -> None:
    @router.post(
        "/pauses",
        status_code=201,
        tags=["intake"],
        responses={200: {"model": DecisionShape}, 201: {"model": DecisionShape}},
    )
    def pause(body: PauseBody, request: Request, who: Acting, key: Key = None) -> Response:
        """Declare a manual stop: 201 if it opened a decision, 200 if it joined a live one."""
        stop = Stop(
            body.criterion,
            body.reason,
            _actor(who),
            site=SiteId(body.site) if body.site is not None else None,
            phase=PhaseId(body.phase) if body.phase is not None else None,
            links=links_of(body.links),
        )

        def work(acts: Acts) -> Answer:
            decision, new = acts.pause(stop, everywhere=body.everywhere)
            return answered(decision_json(decision), HTTPStatus.CREATED if new else HTTPStatus.OK)

        return done(writes, who, key, request, body, work)

    @router.post("/alerts", tags=["intake"], responses={200: {"model": AlertsShape}})
    def alerts(body: AlertsBody, request: Request, who: Acting, key: Key = None) -> Response:
        """Take Alertmanager's webhook: firing alerts pause their site, resolved ones resolve their ground."""

        def work(acts: Acts) -> Answer:
            outcomes = acts.alerts([alert_of(alert) for alert in body.alerts], actor=_actor(who))
            return answered({"alerts": [_outcome(outcome) for outcome in outcomes]})

        return done(writes, who, key, request, body, work)


def _actor(who: Token) -> str:
    return f"api:{who.name}"


def _outcome(outcome: AlertOutcome) -> dict[str, object]:
    return {
        "fingerprint": outcome.fingerprint,
        "outcome": outcome.outcome,
        "detail": outcome.detail,
        "decision": outcome.decision,
    }
