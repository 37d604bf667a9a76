"""The shapes of the issue log as OpenAPI describes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.types import JsonValue

_ISSUE: dict[str, JsonValue] = {
    "id": "ham-01-1",
    "site": "ham-01",
    "severity": "sev3",
    "status": "open",
    "description": "labels print twice",
    "workaround": "bin one",
    "owner": "Ida",
    "target": "2026-11-30",
    "overdue": False,
    "unreviewed": False,
    "attributable": True,
    "opened_at": "2026-11-21T10:15:00Z",
    "opened_by": "api:ops",
    "changed_at": "2026-11-21T10:15:00Z",
    "changed_by": "api:ops",
    "resolved_at": None,
    "history": [{"at": "2026-11-21T10:15:00Z", "actor": "api:ops", "changes": ["opened"], "note": None}],
}


class VersionShape(BaseModel):
    """One step of an issue's history."""

    model_config = ConfigDict(extra="forbid")

    at: datetime
    actor: str
    changes: list[str]
    note: str | None


class IssueShape(BaseModel):
    """One issue as it stands, with its history."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_ISSUE]})

    id: str
    site: Annotated[str, Field(description="the site, or the phase of an issue of a whole phase")]
    severity: str
    status: str
    description: str
    workaround: str | None
    owner: str | None
    target: date | None
    overdue: Annotated[bool, Field(description="open although its target day is over where the site is")]
    unreviewed: Annotated[bool, Field(description="open, in hypercare, and nobody looked at it within the plan's time")]
    attributable: bool
    opened_at: datetime
    opened_by: str
    changed_at: datetime
    changed_by: str
    resolved_at: datetime | None
    history: list[VersionShape]


class IssuesShape(BaseModel):
    """The issue log."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"issues": [_ISSUE]}]})

    issues: list[IssueShape]
