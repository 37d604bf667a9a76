"""The bodies of requests: what each act wants, a manual stop, and Alertmanager's webhook payload."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, HttpUrl, TypeAdapter, ValidationError

from stopwatch.core.acts import ActRequest
from stopwatch.core.decision import Act, Link
from stopwatch.core.stop import Alert

_URL: TypeAdapter[HttpUrl] = TypeAdapter(HttpUrl)

_PRINTABLE = r"^[^\x00]*$"
_SAYS_SOMETHING = r"^[^\x00]*[^\s\x00][^\x00]*$"

_Word = Annotated[str, Field(max_length=100, pattern=_PRINTABLE)]
_Said = Annotated[str, Field(min_length=1, max_length=2000, pattern=_SAYS_SOMETHING)]
_Version = Annotated[str, Field(min_length=1, max_length=200, pattern=_SAYS_SOMETHING)]
_Ground = Annotated[str, Field(min_length=1, max_length=200, pattern=_PRINTABLE)]
_Seen = Annotated[int, Field(ge=1, le=2**31 - 1)]


class LinkBody(BaseModel):
    """A link with its kind."""

    model_config = ConfigDict(extra="forbid")

    kind: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$")] = "ticket"
    url: HttpUrl


_Links = Annotated[list[LinkBody | HttpUrl], Field(max_length=20)]


class ActBody(BaseModel):
    """What any act may carry; the acts that need more of it say so by bodies of their own."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rev": 1}]})

    rev: Annotated[_Seen, Field(description="the revision that was seen; if it is not the newest, nothing changes")]
    shown: Annotated[_Seen | None, Field(description="how many grounds were shown")] = None
    reason: Annotated[str, Field(max_length=2000, pattern=_PRINTABLE)] | None = None
    category: _Word | None = None
    until: AwareDatetime | None = None
    what: _Word | None = None
    from_version: Annotated[_Version | None, Field(alias="from")] = None
    to_version: Annotated[_Version | None, Field(alias="to")] = None
    ground: _Ground | None = None
    grounds: Annotated[list[_Ground], Field(max_length=100)] | None = None
    links: _Links = []


class ReasonedBody(ActBody):
    """An act that needs a reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"rev": 3, "reason": "printers are back"}]})

    reason: _Said


class OverrideBody(ReasonedBody):
    """Going on although grounds hold: which of them are accepted (default all), as what, and until when."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rev": 1,
                    "reason": "peak is over at noon",
                    "category": "accepted-risk",
                    "until": "2026-11-21T12:00:00Z",
                    "grounds": ["integration-5xx@20261121T1014Z"],
                }
            ]
        }
    )

    category: Annotated[str, Field(min_length=1, max_length=100, pattern=_SAYS_SOMETHING)]
    until: Annotated[AwareDatetime, Field(description="in the future, at most 4 h from now unless the plan says more")]
    grounds: Annotated[list[_Ground], Field(min_length=1, max_length=100)] | None = None


class DismissBody(ReasonedBody):
    """The breach was none."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"rev": 1, "reason": "load test", "category": "false_alarm"}]}
    )

    category: Literal["false_alarm", "data_fault"]


class RollBackBody(ReasonedBody):
    """Something was reverted: what, from which version, to which."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"rev": 2, "reason": "5xx since 4.12", "what": "release", "from": "4.12.0", "to": "4.11.3"},
            ]
        }
    )

    what: Literal["flag", "workflow", "integration", "release"]
    from_version: Annotated[_Version, Field(alias="from")]
    to_version: Annotated[_Version, Field(alias="to")]


class ResolveBody(ReasonedBody):
    """One ground that no data can end is over."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"rev": 1, "reason": "labels print again", "ground": "sev1@20261121T1020Z"}],
        }
    )

    ground: _Ground


class AttachBody(ActBody):
    """Links for a ground (default the newest); allowed in every state, so the revision may be left out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"links": ["https://tickets.example/4711"]}],
        }
    )

    rev: _Seen | None = None  # type: ignore[assignment] # the one act that needs no revision, for it changes no state
    links: Annotated[list[LinkBody | HttpUrl], Field(min_length=1, max_length=20)]


BODIES: Mapping[Act, type[ActBody]] = {
    Act.ACKNOWLEDGE: ActBody,
    Act.CONFIRM: ActBody,
    Act.RESUME: ReasonedBody,
    Act.OVERRIDE: OverrideBody,
    Act.DISMISS: DismissBody,
    Act.ROLL_BACK: RollBackBody,
    Act.PAUSE_AGAIN: ActBody,
    Act.CLOSE: ReasonedBody,
    Act.RESOLVE: ResolveBody,
    Act.ATTACH: AttachBody,
}


class PauseBody(BaseModel):
    """A manual stop for exactly one of a site, a phase and all."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"site": "ham-01", "criterion": "operational-blocker", "reason": "no labels since 10:05"}]
        },
    )

    site: Annotated[str, Field(max_length=63, pattern=_PRINTABLE)] | None = None
    phase: Annotated[str, Field(max_length=63, pattern=_PRINTABLE)] | None = None
    everywhere: Annotated[bool, Field(alias="all")] = False
    criterion: Annotated[str, Field(min_length=1, max_length=100, pattern=_SAYS_SOMETHING)]
    reason: _Said
    links: _Links = []


_Label = Annotated[str, Field(pattern=_PRINTABLE)]


class AlertBody(BaseModel):
    """One alert of Alertmanager's webhook payload; members that are not needed are let through."""

    status: Literal["firing", "resolved"]
    labels: dict[_Label, _Label] = {}
    annotations: dict[_Label, _Label] = {}
    fingerprint: Annotated[str, Field(min_length=1, max_length=200, pattern=_PRINTABLE)]
    generatorURL: str | None = None  # noqa: N815 – Alertmanager's own name


class AlertsBody(BaseModel):
    """Alertmanager's webhook payload, version 4."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "version": "4",
                    "status": "firing",
                    "receiver": "stopwatch",
                    "alerts": [
                        {
                            "status": "firing",
                            "labels": {"alertname": "Sev1", "site": "HAM", "criterion": "sev1"},
                            "annotations": {"summary": "nothing ships"},
                            "startsAt": "2026-11-21T10:05:00Z",
                            "generatorURL": "https://prometheus.example/graph?g0.expr=up",
                            "fingerprint": "a5f1c0de00000001",
                        }
                    ],
                }
            ]
        }
    )

    alerts: Annotated[list[AlertBody], Field(max_length=1000)]


def request_of(act: Act, body: ActBody, *, actor: str) -> ActRequest:
    """Return the act that *actor* asks for."""
    return ActRequest(
        act,
        actor,
        body.reason,
        rev=body.rev,
        shown=body.shown,
        category=body.category,
        until=body.until.astimezone(UTC) if body.until is not None else None,
        what=body.what,
        from_version=body.from_version,
        to_version=body.to_version,
        ground=body.ground,
        grounds=tuple(body.grounds) if body.grounds is not None else None,
        links=links_of(body.links),
    )


def links_of(bodies: Sequence[LinkBody | HttpUrl]) -> tuple[Link, ...]:
    """Return links; those without a kind are tickets."""
    return tuple(
        Link(body.kind, str(body.url)) if isinstance(body, LinkBody) else Link("ticket", str(body)) for body in bodies
    )


def alert_of(body: AlertBody) -> Alert:
    """Return an alert; an address that is none is left out, for nobody may lose an alert by it."""
    return Alert(body.fingerprint, body.status == "resolved", body.labels, body.annotations, _url(body.generatorURL))


def _url(text: str | None) -> str | None:
    try:
        return str(_URL.validate_python(text)) if text else None
    except ValidationError:
        return None
