"""Every refusal in one form: RFC 9457 ``application/problem+json``."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from stopwatch.core.errors import (
    ActIncompleteError,
    ActRefusedError,
    ConfigurationError,
    DecisionNotFoundError,
    IssueNotFoundError,
    KeyBusyError,
    KeyReusedError,
    StopwatchError,
    StoreError,
)
from stopwatch.core.grid import rfc3339
from stopwatch.web.api import examples
from stopwatch.web.api.models import ConflictShape, InvalidShape, ProblemShape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI, Request

MEDIA_TYPE = "application/problem+json"
_SHAPES: Mapping[int, type[ProblemShape]] = {409: ConflictShape, 422: InvalidShape}
_ANY = re.compile(r"\{\w+\}")
RETRY_SECONDS = 5
"""What a caller is told to wait while the records cannot be read."""


class ProblemError(Exception):
    """A refusal that an endpoint raises; *extra* holds further members of the answer, *headers* further headers."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        extra: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what the answer is made of."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.extra = extra or {}
        self.headers = headers or {}


def problem(
    status: int,
    detail: str,
    *,
    extra: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a problem; its type is ``about:blank``, so its title is the status's own phrase."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **(extra or {})}
    # What callers sent is repeated to them; escaped it is always text, also where it was none.
    return Response(json.dumps(body), status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def documented(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Describe the refusals *codes* for OpenAPI."""
    return {
        code: {
            "description": HTTPStatus(code).phrase,
            "content": {MEDIA_TYPE: {"example": examples.problem_of(code)}},
            "model": _SHAPES.get(code, ProblemShape),
        }
        for code in codes
    }


def add_problems(app: FastAPI) -> None:
    """Let *app* answer every failure as a problem; what went wrong inside is logged, never sent."""

    @app.exception_handler(ProblemError)
    def refused(_: Request, failure: ProblemError) -> Response:
        return problem(failure.status, failure.detail, extra=failure.extra, headers=failure.headers)

    @app.exception_handler(HTTPException)
    def failed(request: Request, failure: HTTPException) -> Response:
        wrong = failure.status_code == HTTPStatus.METHOD_NOT_ALLOWED
        methods = _methods(app, request.url.path) if wrong else None
        headers = {"Allow": methods} if methods else failure.headers
        return problem(failure.status_code, failure.detail, headers=headers)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, failure: RequestValidationError) -> Response:
        errors = [
            {"in": ".".join(str(part) for part in error["loc"]), "detail": str(error["msg"])}
            for error in failure.errors()
        ]
        detail = "; ".join(f"{error['in']}: {error['detail']}" for error in errors)
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail, extra={"errors": errors})

    @app.exception_handler(Exception)
    def broken(_: Request, _failure: Exception) -> Response:
        words = "stopwatch failed to answer; its log says why"
        # The server drops the connection after a bug; who would ask again on it must not meet a reset.
        return problem(HTTPStatus.INTERNAL_SERVER_ERROR, words, headers={"Connection": "close"})

    _add_refusals(app)


def _methods(app: FastAPI, path: str) -> str:
    """Return the methods that are described for an address, of which the router knows those of the first route only."""
    described = app.openapi()["paths"].items()
    found = {
        method.upper() for at, methods in described if re.fullmatch(_ANY.sub("[^/]+", at), path) for method in methods
    }
    return ", ".join(sorted(found))


def _add_refusals(app: FastAPI) -> None:
    """Let *app* answer what the core refuses as problems."""

    @app.exception_handler(DecisionNotFoundError)
    @app.exception_handler(IssueNotFoundError)
    def unknown(_: Request, failure: StopwatchError) -> Response:
        return problem(HTTPStatus.NOT_FOUND, str(failure))

    @app.exception_handler(ActIncompleteError)
    def incomplete(_: Request, failure: ActIncompleteError) -> Response:
        errors = [{"in": f"body.{failure.field}", "detail": str(failure)}]
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(failure), extra={"errors": errors})

    @app.exception_handler(KeyReusedError)
    def reused(_: Request, failure: KeyReusedError) -> Response:
        errors = [{"in": "header.Idempotency-Key", "detail": str(failure)}]
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(failure), extra={"errors": errors})

    @app.exception_handler(KeyBusyError)
    def busy(_: Request, failure: KeyBusyError) -> Response:
        return problem(HTTPStatus.CONFLICT, str(failure), headers={"Retry-After": "1"})

    @app.exception_handler(ActRefusedError)
    def too_late(_: Request, failure: ActRefusedError) -> Response:
        now = failure.standing
        at = rfc3339(now.at) if now.at is not None else None
        extra = {"rev": now.rev, "state": now.state, "by": now.by, "at": at}
        return problem(HTTPStatus.CONFLICT, str(failure), extra=extra)

    @app.exception_handler(ConfigurationError)
    def unusable(_: Request, failure: ConfigurationError) -> Response:
        return problem(HTTPStatus.UNPROCESSABLE_ENTITY, str(failure))

    @app.exception_handler(StoreError)
    def unreadable(_: Request, _failure: StoreError) -> Response:
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "the records cannot be read or written now", headers=headers)
