"""The HTTP application: probes, the API, and the endpoints that other rooms answer."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.types import ASGIApp

from stopwatch.web.api.access import Access
from stopwatch.web.api.described import TAGS, DescribedApp
from stopwatch.web.api.issues import issue_read_routes, issue_write_routes
from stopwatch.web.api.probes import probe_routes, reload_routes
from stopwatch.web.api.problem import add_problems
from stopwatch.web.api.reads import read_routes
from stopwatch.web.api.writes import write_routes
from stopwatch.web.guard import Guard
from stopwatch.web.pages.issues import issue_routes
from stopwatch.web.pages.readiness import readiness_routes
from stopwatch.web.pages.records import Pages, page_routes
from stopwatch.web.pages.refusals import RefusalPages
from stopwatch.web.pages.sessions import Sessions
from stopwatch.web.pages.signing import act_routes, sign_in_routes
from stopwatch.web.ports import Board, Estate, Health, Inbound, Records, Writes
from stopwatch.web.reports.pages import report_routes
from stopwatch.web.tokens import Keyring

DESCRIPTION = """
Status, pause decisions and gates of a phased rollout. Times are RFC 3339 in UTC. Every refusal is
`application/problem+json` (RFC 9457). Nothing changes by GET; HEAD is answered wherever GET is. POSTs take an
`Idempotency-Key`. Bodies have at most 256 KiB. The pages for people, their forms, and the endpoint that Slack calls are
no part of this description.
"""


def build_app(
    board: Board,
    records: Records,
    health: Health,
    writes: Writes,
    *,
    version: str,
    keyring: Keyring | None = None,
    inbound: Mapping[str, Inbound] | None = None,
    estate: Estate | None = None,
) -> ASGIApp:
    """
    Build the application.

    Args:
        board: How everything stands.
        records: What was decided.
        health: Probes, metrics and reload.
        writes: What callers may do.
        version: What OpenAPI calls the version of this API.
        keyring: Whom to answer; None means that reading is open and acting refused, which is right on loopback only.
        inbound: Endpoints other rooms answer, by path (``/slack/interactions``): POST only, they check their caller.
        estate: What the pages show besides; None leaves the pages out.

    """
    app = DescribedApp(
        title="stopwatch",
        version=version,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        openapi_tags=TAGS,
        redirect_slashes=False,
        generate_unique_id_function=_operation,
    )
    keys = keyring or Keyring()
    app.open_to_all = not keys.needed
    access = Access(keys)
    add_problems(app)
    app.include_router(probe_routes(health))
    app.include_router(reload_routes(health, access))
    app.include_router(read_routes(board, records, access))
    app.include_router(write_routes(writes, access))
    app.include_router(issue_read_routes(records, access))
    app.include_router(issue_write_routes(writes, access))
    app.include_router(_inbound_routes(inbound or {}))
    if estate is not None:
        pages = Pages(board, records, writes, estate, Sessions(keys))
        app.include_router(page_routes(pages))
        app.include_router(sign_in_routes(pages))
        app.include_router(act_routes(pages))
        app.include_router(issue_routes(pages))
        app.include_router(report_routes(pages))
        app.include_router(readiness_routes(pages))
        return Guard(RefusalPages(app, pages))
    return Guard(app)


def _operation(route: APIRoute) -> str:
    """Name an operation as its function is named."""
    return route.name


async def _raw_body(request: Request) -> bytes:
    """Return the body as it was sent, because signatures cover its bytes."""
    return await request.body()


def _inbound_routes(inbound: Mapping[str, Inbound]) -> APIRouter:
    router = APIRouter(include_in_schema=False)
    for path, answer in inbound.items():
        router.add_api_route(path, _endpoint(answer), methods=["POST"])
    return router


def _endpoint(answer: Inbound) -> Callable[[Request, bytes], Response]:
    def endpoint(request: Request, body: Annotated[bytes, Depends(_raw_body)]) -> Response:
        status, kind, content = answer(dict(request.headers), body)
        return Response(content, status_code=status, media_type=kind)

    return endpoint
