"""The shapes of readiness and of the whole rollout as OpenAPI describes them, with an example of each."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from stopwatch.core.entry import Holds

if TYPE_CHECKING:
    from pydantic.types import JsonValue as Json

READINESS: dict[str, Json] = {
    "site": "lodz",
    "change": "normal",
    "open": False,
    "ready": False,
    "reasons": [
        {
            "holds": "decision",
            "text": "earlier phase pilot has a live decision since 2026-11-21T10:14:00Z at ham-01; end "
            "ham-01-20261121T1015Z to open",
            "decision": "ham-01-20261121T1015Z",
            "phase": "pilot",
            "item": None,
        },
        {
            "holds": "item",
            "text": "uat (warehouse-lead): not recorded; stopwatch rollout done lodz uat --link URL",
            "decision": None,
            "phase": None,
            "item": "uat",
        },
    ],
    "items": [
        {
            "item": "uat",
            "text": "UAT signed",
            "owner": "warehouse-lead",
            "automatic": False,
            "met": False,
            "why": "not recorded; stopwatch rollout done lodz uat --link URL",
            "link": None,
            "by": None,
            "at": None,
            "expires": None,
        },
        {
            "item": "rehearsal",
            "text": "a recent rehearsal of the roll-back is recorded",
            "owner": "engineering",
            "automatic": True,
            "met": True,
            "why": "cli:ida on 2026-11-19",
            "link": "https://wiki.example/rehearsal",
            "by": "cli:ida",
            "at": "2026-11-19T11:00:00Z",
            "expires": "2026-12-19T11:00:00Z",
        },
    ],
}
OVERVIEW: dict[str, Json] = {
    "rollout": "wms-4-12",
    "change": {"type": "normal", "what": "WMS 4.12", "version": "4.12.0"},
    "phases": [
        {
            "phase": "wave-1",
            "observation_seconds": 604800.0,
            "exited": False,
            "missing": "phase wave-1 has not passed its exit; stopwatch gate wave-1 judges it",
            "sites": [
                {
                    "site": "lodz",
                    "name": "Łódź",
                    "go_live": "2026-11-24T06:00:00Z",
                    "activation": None,
                    "overrides": [],
                    "decision": None,
                    "paused": False,
                    "entry": READINESS,
                }
            ],
        }
    ],
}


class _Shape(BaseModel):
    """A JSON object that has exactly these members."""

    model_config = ConfigDict(extra="forbid")


class EntryReasonShape(_Shape):
    """Why a site may not be activated, and what would change that."""

    holds: Holds
    text: str
    decision: str | None
    phase: str | None
    item: str | None


class ItemShape(_Shape):
    """One item of a checklist: who owes it, whether it is met, and why (not)."""

    item: str
    text: str
    owner: str | None
    automatic: Annotated[bool, Field(description="checked by stopwatch, not recorded by a person")]
    met: bool
    why: str
    link: Annotated[str | None, Field(description="the evidence")]
    by: str | None
    at: datetime | None
    expires: datetime | None


class ReadinessShape(_Shape):
    """Whether a site may be activated, by what is recorded; every reason against it and the whole checklist."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [READINESS]})

    site: str
    change: Literal["standard", "normal", "emergency"]
    open: Annotated[bool, Field(description="nothing holds the entry gate")]
    ready: Annotated[bool, Field(description="every item is met that the type of change demands")]
    reasons: list[EntryReasonShape]
    items: list[ItemShape]


class ActivationShape(_Shape):
    """A go-live."""

    site: str
    at: datetime
    version: str | None
    actor: str
    recorded_at: datetime


class EntryShape(_Shape):
    """An entry of the ledger; here a go-live that passed a closed gate."""

    number: int
    rollout: str
    kind: str
    scope: str
    item: str
    body: dict[str, JsonValue]
    actor: str
    at: datetime


class SiteStandsShape(_Shape):
    """Where a site stands."""

    site: str
    name: str
    go_live: datetime | None
    activation: ActivationShape | None
    overrides: list[EntryShape]
    decision: str | None
    paused: bool
    entry: ReadinessShape


class PhaseStandsShape(_Shape):
    """Where a phase stands; missing says why it has not exited."""

    phase: str
    observation_seconds: float
    exited: bool
    missing: str | None
    sites: list[SiteStandsShape]


class ChangeShape(_Shape):
    """What is rolled out."""

    type: Literal["standard", "normal", "emergency"]
    what: str | None
    version: str | None


class OverviewShape(_Shape):
    """Where the whole rollout stands."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [OVERVIEW]})

    rollout: str
    change: ChangeShape
    phases: list[PhaseStandsShape]
