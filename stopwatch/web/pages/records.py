"""What people look at: the board, a decision, the wall of decisions, and the sign-in before them."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response
from starlette.requests import Request

from stopwatch.core.decision import Decision, DecisionId
from stopwatch.web.api.problem import ProblemError
from stopwatch.web.pages.board_view import ORDER, BoardFacts, board_view
from stopwatch.web.pages.decision_view import decision_view
from stopwatch.web.pages.forms import Form, forms_of
from stopwatch.web.pages.rendering import Templates
from stopwatch.web.pages.sessions import COOKIE, Session, Sessions
from stopwatch.web.pages.wall import MOST_ROWS, Wanted, as_csv, choices, wall_row
from stopwatch.web.ports import Acts, Board, Estate, Records

REFRESH_SECONDS = 5
_IDENTITY = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Pages:
    """The pages of one application."""

    def __init__(self, board: Board, records: Records, acts: Acts, estate: Estate, sessions: Sessions) -> None:
        """Show what these know."""
        self.board, self.records, self.acts, self.estate = board, records, acts, estate
        self.sessions = sessions
        self.templates = Templates()

    def enter(self, request: Request) -> Session | None:
        """
        Let a reader in: anybody where no tokens are set, else who has signed in or shows a bearer token.

        Raises:
            ProblemError: They must sign in first; the answer leads there, and back.

        """
        session = self.session(request)
        if (
            session is not None
            or not self.sessions.needed
            or self.sessions.bearer(request.headers.get("authorization"))
        ):
            return session
        back = quote(request.url.path + (f"?{request.url.query}" if request.url.query else ""))
        raise ProblemError(HTTPStatus.SEE_OTHER, "sign in first", headers={"Location": f"/login?next={back}"})

    def session(self, request: Request) -> Session | None:
        """Return the session of a request, if it has one."""
        return self.sessions.of(request.cookies.get(COOKIE), now=self.estate.now())

    def answer(
        self,
        template: str,
        facts: Mapping[str, object],
        session: Session | None,
        *,
        refresh: int = 0,
        keep: bool = False,
        status: int = 200,
    ) -> HTMLResponse:
        """Answer with a page; *refresh* and *keep* as in `PageFrame`."""
        frame = self.templates.frame(template, session=session, login=self.sessions.needed, refresh=refresh, keep=keep)
        return self.templates.page(template, frame, facts, status=status)

    def decision(self, identity: str) -> Decision:
        """
        Return a decision.

        Raises:
            ProblemError: There is none with that id.

        """
        found = self.records.decision(DecisionId(identity)) if _IDENTITY.fullmatch(identity) else None
        if found is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"no decision has the id {identity}")
        return found

    def show(self, decision: Decision, session: Session | None, *, complaint: str = "", status: int = 200) -> Response:
        """Answer with the page of a decision; *complaint* says why an act changed nothing."""
        estate = self.estate
        view = decision_view(decision, estate.history(decision.id), estate.evidence, estate.messages(decision.id))
        forms: list[Form] = []
        if session is not None and session.may_act:
            most = estate.rule_set().plan.override_max
            forms = forms_of(decision, estate.pending_beside(decision), view.zone, override_max=most)
        facts = {"view": view, "forms": forms, "complaint": complaint}
        refresh = 0 if complaint else REFRESH_SECONDS
        return self.answer("decision.html", facts, session, refresh=refresh, keep=bool(forms), status=status)


def page_routes(pages: Pages) -> APIRouter:
    """Return the pages; nothing changes by looking at them."""
    router = APIRouter(include_in_schema=False)
    reader = Annotated[Session | None, Depends(pages.enter)]
    filtered = Annotated[Wanted, Depends(_wanted)]

    @router.get("/")
    def board(session: reader, show: Annotated[str, Query(max_length=40)] = "") -> Response:
        estate = pages.estate
        facts = BoardFacts(
            pages.board.status(),
            estate.rule_set(),
            estate.live(),
            estate.courses(),
            estate.outbox(),
            estate.leader(),
            estate.waiting(),
        )
        view = board_view(facts, estate.now(), chosen=show if show in ORDER else "")
        return pages.answer("board.html", {"board": view}, session, refresh=REFRESH_SECONDS)

    @router.get("/decisions")
    def decisions(session: reader, wanted: filtered) -> Response:
        found, whole = wanted.found(pages.records, most=MOST_ROWS)
        plan, now = pages.estate.rule_set().plan, pages.estate.now()
        facts = {
            "rows": [wall_row(decision, now=now) for decision in found],
            "whole": whole,
            "wanted": wanted,
            "sites": list(plan.sites),
            "phases": [phase.id for phase in plan.phases],
            **choices(),
        }
        return pages.answer("decisions.html", facts, session, refresh=REFRESH_SECONDS, keep=True)

    @router.get("/decisions.csv")
    def decisions_csv(_: reader, wanted: filtered) -> Response:
        named = {"Content-Disposition": 'attachment; filename="decisions.csv"'}
        found, _whole = wanted.found(pages.records)
        return Response(as_csv(reversed(found)), media_type="text/csv; charset=utf-8", headers=named)

    @router.get("/decisions/{decision}")
    def decision(decision: str, session: reader) -> Response:
        return pages.show(pages.decision(decision), session)

    @router.get("/static/{name}")
    def static(name: str) -> Response:
        return pages.templates.static(name)

    return router


def _wanted(
    state: Annotated[str, Query(max_length=40)] = "",
    site: Annotated[str, Query(max_length=64)] = "",
    phase: Annotated[str, Query(max_length=64)] = "",
    kind: Annotated[str, Query(max_length=10)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
) -> Wanted:
    """Return which decisions the query of an address asks for."""
    return Wanted(state, site.strip(), phase, kind, since, until)
