"""How ids come in by a path: whatever cannot be one is simply not there."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated

from fastapi import Path

from stopwatch.core.decision import DecisionId
from stopwatch.core.kpi import SiteId
from stopwatch.web.api.problem import ProblemError

_IDENTITY = re.compile(r"[A-Za-z0-9_-]{1,128}")

DecisionPath = Annotated[str, Path(description="a decision's id", examples=["ham-01-20261121T1015Z"])]
SitePath = Annotated[str, Path(description="a site's id", examples=["ham-01"])]


def decision_id(text: str) -> DecisionId:
    """
    Return the id that *text* is.

    Raises:
        ProblemError: It can be no id, so there is no such decision.

    """
    if not _IDENTITY.fullmatch(text):
        raise unknown_decision(text)
    return DecisionId(text)


def unknown_decision(text: str) -> ProblemError:
    """Return the refusal of a decision that is not there."""
    return ProblemError(HTTPStatus.NOT_FOUND, f"no decision has the id {text}")


def site_id(text: str) -> SiteId:
    """
    Return the id that *text* is.

    Raises:
        ProblemError: It can be no id, so the plan has no such site.

    """
    if not _IDENTITY.fullmatch(text):
        raise unknown_site(text)
    return SiteId(text)


def unknown_site(text: str) -> ProblemError:
    """Return the refusal of a site, or phase, that is not there."""
    return ProblemError(HTTPStatus.NOT_FOUND, f"the plan has no site or phase {text}")
