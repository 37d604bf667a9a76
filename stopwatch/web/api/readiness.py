"""Where the rollout stands before its go-lives: the readiness of a site, and all phases and sites in one answer."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from stopwatch.core.rollout_wire import entry_gate_json, overview_json
from stopwatch.web.api.names import SitePath, site_id, unknown_site
from stopwatch.web.api.problem import documented
from stopwatch.web.api.readiness_shapes import OverviewShape, ReadinessShape
from stopwatch.web.ports import Records


def add_readiness(router: APIRouter, records: Records) -> None:
    """Add the endpoints to *router*; they answer from the records and ask nobody."""

    @router.get("/readiness/{site}", responses={200: {"model": ReadinessShape}, **documented(404, 422)})
    def readiness(site: SitePath) -> Response:
        """
        Tell whether a site may be activated, with every item of its checklist, who owes it, and why it is not met.

        Prometheus, links and Slack are asked by `stopwatch rollout ready` only; here is what they answered last.
        """
        found = records.readiness(site_id(site))
        if found is None:
            raise unknown_site(site)
        return JSONResponse(entry_gate_json(found.gate))

    @router.get("/rollout", responses={200: {"model": OverviewShape}})
    def rollout() -> Response:
        """Tell where every phase and site stands: go-lives, overrides, pauses, and what is missing."""
        return JSONResponse(overview_json(records.overview()))
