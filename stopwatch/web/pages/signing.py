"""What signed-in people do at the pages, and how they sign in and out."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.requests import Request

from stopwatch.core.decision import DecisionId
from stopwatch.core.errors import ActIncompleteError, ActRefusedError
from stopwatch.web.api.problem import ProblemError
from stopwatch.web.pages.forms import filled_in, request_of
from stopwatch.web.pages.records import Pages
from stopwatch.web.pages.rendering import PAGE_HEADERS
from stopwatch.web.pages.sessions import COOKIE, LASTS


async def _raw_body(request: Request) -> bytes:
    """Return the body of a form as it was sent."""
    return await request.body()


def sign_in_routes(pages: Pages) -> APIRouter:
    """Return how people sign in and out."""
    router = APIRouter(include_in_schema=False)
    posted = Annotated[bytes, Depends(_raw_body)]

    @router.get("/login")
    def login(request: Request, following: Annotated[str, Query(alias="next", max_length=500)] = "/") -> Response:
        target = _inside(following)
        if request.headers.get("sec-fetch-site") == "cross-site" and pages.sessions.needed:
            # A strict cookie stays behind when a link elsewhere (in Slack) is followed; this second step is our own.
            again = f'<!DOCTYPE html><meta http-equiv="refresh" content="0;url={quote(target, safe="/?=&%")}">'
            return HTMLResponse(again, headers=PAGE_HEADERS)
        return pages.answer("login.html", {"next": target, "complaint": ""}, None)

    @router.post("/login")
    def sign_in(request: Request, body: posted) -> Response:
        filled = filled_in(body)
        target = _inside(filled.get("next", "/"))
        cookie = pages.sessions.sign_in(filled.get("token", ""), now=pages.estate.now())
        if cookie is None:
            facts = {"next": target, "complaint": "This token is not known."}
            return pages.answer("login.html", facts, None, status=HTTPStatus.FORBIDDEN)
        answer = RedirectResponse(target, HTTPStatus.SEE_OTHER)
        secure = request.headers.get("x-forwarded-proto", request.url.scheme) == "https"
        life = int(LASTS.total_seconds())
        answer.set_cookie(COOKIE, cookie, max_age=life, httponly=True, samesite="strict", secure=secure, path="/")
        return answer

    @router.post("/logout")
    def sign_out(request: Request, body: posted) -> Response:
        session = pages.session(request)
        if session is not None and session.vouches(filled_in(body).get("csrf", "")):
            pages.sessions.sign_out(request.cookies.get(COOKIE))
        return RedirectResponse("/", HTTPStatus.SEE_OTHER)

    return router


def act_routes(pages: Pages) -> APIRouter:
    """Return the acts that forms post; each wants a session that may act and the word that was served with the form."""
    router = APIRouter(include_in_schema=False)
    posted = Annotated[bytes, Depends(_raw_body)]

    @router.post("/decisions/{decision}/act")
    def act(decision: str, request: Request, body: posted) -> Response:
        session = pages.session(request)
        if session is None or not session.may_act:
            raise ProblemError(HTTPStatus.FORBIDDEN, "sign in with a token that may act")
        filled = filled_in(body)
        if not session.vouches(filled.get("csrf", "")):
            raise ProblemError(HTTPStatus.FORBIDDEN, "this form was not served to you; load the page again")
        try:
            asked = request_of(filled, actor=f"api:{session.name}", now=pages.estate.now())
            pages.acts.act(DecisionId(decision), asked)
        except ActRefusedError as refusal:
            words = f"Nothing changed: {refusal}. The page below shows the decision as it stands now."
            return pages.show(pages.decision(decision), session, complaint=words, status=HTTPStatus.CONFLICT)
        except ActIncompleteError as lack:
            words = f"Nothing changed: {lack}."
            return pages.show(
                pages.decision(decision), session, complaint=words, status=HTTPStatus.UNPROCESSABLE_ENTITY
            )
        return RedirectResponse(f"/decisions/{quote(decision)}", HTTPStatus.SEE_OTHER)

    return router


def _inside(target: str) -> str:
    """Return *target* if it is a path of ours, else the board: a sign-in leads nowhere else."""
    plain = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if plain else "/"
