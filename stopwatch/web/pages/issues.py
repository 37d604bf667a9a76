"""The page of the issue log: its list, its CSV, and the forms that write it."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from fastapi.responses import RedirectResponse, Response
from starlette.requests import Request

from stopwatch.core.errors import ActIncompleteError, IssueNotFoundError
from stopwatch.core.hypercare import Logged
from stopwatch.core.issue import SEVERITIES, IssueStatus
from stopwatch.core.issue_wire import issues_csv
from stopwatch.web.api.problem import ProblemError
from stopwatch.web.pages.forms import filled_in
from stopwatch.web.pages.records import REFRESH_SECONDS, Pages
from stopwatch.web.pages.sessions import Session

_SAID = ("description", "severity", "status", "workaround", "owner", "target", "note")
OPEN, RESOLVED, WAITING = "open", "resolved", "overdue"


@dataclass(frozen=True, slots=True)
class WantedIssues:
    """Which issues are wanted, each as it was typed, empty for any."""

    site: str = ""
    severity: str = ""
    state: str = ""

    @property
    def query(self) -> str:
        """The same as the query of an address, with its question mark."""
        given = {name: word for name in self.__slots__ if (word := getattr(self, name))}
        return f"?{urlencode(given)}" if given else ""

    def fits(self, one: Logged) -> bool:
        """Tell whether an issue is wanted; what does not exist fits none."""
        states = {"": True, OPEN: one.issue.open, RESOLVED: not one.issue.open, WAITING: one.overdue}
        return (
            self.site in {"", one.issue.scope}
            and self.severity in {"", one.issue.severity}
            and states.get(self.state, False)
        )


def issue_routes(pages: Pages) -> APIRouter:
    """Return the page, the CSV, and what the forms post; posting wants a session that may act."""
    router = APIRouter(include_in_schema=False)
    reader = Annotated[Session | None, Depends(pages.enter)]
    filtered = Annotated[WantedIssues, Depends(_wanted)]
    posted = Annotated[bytes, Depends(_raw_body)]

    @router.get("/issues")
    def issues(session: reader, wanted: filtered) -> Response:
        return _page(pages, session, wanted)

    @router.get("/issues.csv")
    def issues_as_csv(_: reader, wanted: filtered) -> Response:
        named = {"Content-Disposition": 'attachment; filename="issues.csv"'}
        found = [one for one in pages.records.issues() if wanted.fits(one)]
        return Response(issues_csv(found), media_type="text/csv; charset=utf-8", headers=named)

    @router.post("/issues")
    def say(request: Request, body: posted) -> Response:
        session = pages.session(request)
        if session is None or not session.may_act:
            raise ProblemError(HTTPStatus.FORBIDDEN, "sign in with a token that may act")
        filled = filled_in(body)
        if not session.vouches(filled.get("csrf", "")):
            raise ProblemError(HTTPStatus.FORBIDDEN, "this form was not served to you; load the page again")
        identity = filled.get("id") or None
        said: dict[str, object] = {name: filled[name] for name in _SAID if filled.get(name, "").strip()}
        if filled.get("attributable"):
            said["attributable"] = filled["attributable"] != "no"
        try:
            logged = pages.acts.issue(f"api:{session.name}", filled.get("site"), identity, said)
        except (ActIncompleteError, IssueNotFoundError) as lack:
            complaint = f"Nothing changed: {lack}."
            return _page(pages, session, WantedIssues(), complaint=complaint, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return RedirectResponse(f"/issues#{logged.issue.id}", HTTPStatus.SEE_OTHER)

    return router


def _page(
    pages: Pages, session: Session | None, wanted: WantedIssues, *, complaint: str = "", status: int = HTTPStatus.OK
) -> Response:
    plan, log = pages.estate.rule_set().plan, pages.records.issues()
    facts = {
        "rows": [one for one in log if wanted.fits(one)],
        "log": log,
        "open": sum(one.issue.open for one in log),
        "overdue": sum(one.overdue for one in log),
        "unreviewed": sum(one.unreviewed for one in log),
        "wanted": wanted,
        "places": [*plan.sites, *(phase.id for phase in plan.phases)],
        "severities": SEVERITIES,
        "statuses": [each.value for each in IssueStatus],
        "states": (OPEN, WAITING, RESOLVED),
        "may_act": session is not None and session.may_act,
        "complaint": complaint,
    }
    refresh = 0 if complaint else REFRESH_SECONDS
    return pages.answer("issues.html", facts, session, refresh=refresh, keep=True, status=status)


async def _raw_body(request: Request) -> bytes:
    """Return the body of a form as it was sent."""
    return await request.body()


def _wanted(
    site: Annotated[str, Query(max_length=64)] = "",
    severity: Annotated[str, Query(max_length=10)] = "",
    state: Annotated[str, Query(max_length=10)] = "",
) -> WantedIssues:
    """Return which issues the query of an address asks for."""
    return WantedIssues(site.strip(), severity, state)
