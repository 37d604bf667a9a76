"""What machines ask: metrics, liveness, readiness, and the order to read the files anew."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from stopwatch.web.access import Access, Caller
from stopwatch.web.models import HealthShape, ReadyShape, ReloadShape
from stopwatch.web.ports import Health
from stopwatch.web.problem import documented

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def probe_routes(health: Health, access: Access) -> APIRouter:
    """Return the endpoints that speak for *health*; probes and metrics need no token, for they name no person."""
    router = APIRouter(tags=["probes"])

    @router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    def metrics() -> Response:
        """Write the daemon's own metrics in Prometheus's text format."""
        return Response(health.metrics(), media_type=METRICS_TYPE)

    @router.get("/-/healthy", responses={200: {"model": HealthShape}, 503: {"model": HealthShape}})
    def healthy() -> Response:
        """Tell whether the process makes progress; 503 asks the supervisor to start it afresh."""
        live = health.live()
        return JSONResponse({"live": live}, status_code=_ok_or_unavailable(good=live))

    @router.get("/-/ready", responses={200: {"model": ReadyShape}, 503: {"model": ReadyShape}})
    def ready() -> Response:
        """Tell whether the daemon can do its work; 503 says what is missing."""
        good, reasons = health.ready()
        return JSONResponse({"ready": good, "reasons": reasons}, status_code=_ok_or_unavailable(good=good))

    @router.post("/-/reload", responses={200: {"model": ReloadShape}, **documented(401, 403, 422)})
    def reload(_: Annotated[Caller, Depends(access.administering())]) -> Response:
        """Read the configuration folder anew: all of it, or (422) nothing with every complaint."""
        health.reload()
        return JSONResponse({"reloaded": True})

    return router


def _ok_or_unavailable(*, good: bool) -> HTTPStatus:
    return HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
