"""The page of a site's readiness: its checklist with who owes what, and what would open its entry gate."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from stopwatch.core.entry import Holds
from stopwatch.core.kpi import SiteId
from stopwatch.core.ledger import Entry
from stopwatch.core.overview import SiteOverview
from stopwatch.web.api.problem import ProblemError
from stopwatch.web.figures import is_link, minute
from stopwatch.web.pages.records import Pages
from stopwatch.web.pages.sessions import Session


def readiness_routes(pages: Pages) -> APIRouter:
    """Return the page; nothing changes by looking at it, and nobody outside is asked."""
    router = APIRouter(include_in_schema=False)
    reader = Annotated[Session | None, Depends(pages.enter)]

    @router.get("/readiness/{site}")
    def readiness(site: str, session: reader) -> Response:
        found = pages.records.readiness(SiteId(site))
        if found is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"the plan has no site {site}")
        return pages.answer("readiness.html", readiness_facts(found), session)

    return router


def readiness_facts(found: SiteOverview) -> dict[str, object]:
    """Return what the template ``readiness.html`` shows."""
    return {
        "site": found.site,
        "gate": found.gate,
        "items": sorted(found.gate.items, key=lambda item: item.met),
        "reasons": [reason for reason in found.gate.reasons if reason.holds is not Holds.ITEM],
        "went_live": _went_live(found),
        "overrides": [_overridden(one) for one in found.overrides],
        "decision": found.decision,
        "minute": minute,
        "is_link": is_link,
    }


def _went_live(found: SiteOverview) -> str:
    live, planned = found.activation, found.site.go_live
    if live is not None:
        version = f" with {live.version}" if live.version else ""
        return f"Live since {minute(live.at)} UTC{version}, by {live.actor}."
    if planned is None:
        return "Not live; stopwatch rollout activate makes it so."
    return (
        f"Not live; goes live by itself at {minute(planned)} UTC."
        if found.by_itself
        else f"Not live; planned for {minute(planned)} UTC, by stopwatch rollout activate."
    )


def _overridden(one: Entry) -> str:
    unmet = one.body.get("unmet")
    passed = "; ".join(map(str, unmet)) if isinstance(unmet, list) and unmet else "–"
    told = f"{one.body.get('version')} went live past a closed gate on {minute(one.at)} UTC, by {one.actor}"
    return f"{told}: {one.body.get('reason')}. Passed over: {passed}"
