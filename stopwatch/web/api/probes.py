"""What machines ask: metrics, liveness, readiness, and the order to read the files anew."""

from dataclasses import asdict
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from starlette.requests import Request

from stopwatch.core.access import Scope
from stopwatch.web.api.access import Access, wants
from stopwatch.web.api.models import HealthShape, ReadyShape, ReloadShape
from stopwatch.web.api.problem import documented
from stopwatch.web.ports import Health

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def probe_routes(health: Health) -> APIRouter:
    """Return the probes and metrics that speak for *health*; they need no token, for they name no person."""
    router = APIRouter(tags=["probes"], responses=documented(500))

    @router.get("/metrics", response_class=Response, responses={200: {"content": {METRICS_TYPE: _TEXT}}})
    def metrics(request: Request) -> Response:
        """Write the daemon's own metrics in Prometheus's text format, compressed for whoever accepts gzip."""
        compressed = accepts_gzip(request.headers.get("accept-encoding", ""))
        headers = {"Vary": "Accept-Encoding"} | ({"Content-Encoding": "gzip"} if compressed else {})
        return Response(health.metrics(compressed=compressed), media_type=METRICS_TYPE, headers=headers)

    @router.get("/-/healthy", responses={200: {"model": HealthShape}, 503: {"model": HealthShape}})
    def healthy() -> Response:
        """Tell whether the process makes progress; 503 asks the supervisor to start it afresh."""
        live = health.live()
        return JSONResponse({"live": live}, status_code=_ok_or_unavailable(good=live))

    @router.get("/-/ready", responses={200: {"model": ReadyShape}, 503: {"model": ReadyShape}})
    def ready() -> Response:
        """
        Tell whether the daemon can do its work; 503 says what is missing. A replica that follows is ready.

        What is broken outside is told as degraded and changes no status: taking the daemon away would mend nothing.
        """
        good, reasons = health.ready()
        body = {"ready": good, "reasons": reasons, "degraded": health.troubles(), **asdict(health.role())}
        return JSONResponse(body, status_code=_ok_or_unavailable(good=good))

    return router


def reload_routes(health: Health, access: Access) -> APIRouter:
    """Return the order to read files anew, for administrators once there is a tokens file."""
    router = APIRouter(
        tags=["administration"],
        route_class=access.door(Scope.ADMIN),
        dependencies=[wants(Scope.ADMIN)],
        responses=documented(401, 403, 413, 422, 500, 503),
    )

    @router.post("/-/reload", responses={200: {"model": ReloadShape}})
    def reload() -> Response:
        """Read tokens and the configuration folder anew: all of it, or (422) nothing with every complaint."""
        health.reload()
        return JSONResponse({"reloaded": True})

    return router


def accepts_gzip(header: str) -> bool:
    """Tell whether an ``Accept-Encoding`` allows gzip: by its name or ``*``, with a weight above zero (RFC 9110)."""
    weights: dict[str, float] = {}
    for part in header.lower().split(","):
        name, _, weight = part.replace(" ", "").partition(";q=")
        try:
            weights[name] = float(weight or 1)
        except ValueError:
            weights[name] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _ok_or_unavailable(*, good: bool) -> HTTPStatus:
    return HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE


_TEXT = {"schema": {"type": "string"}, "example": "stopwatch_leader 1.0\n"}
