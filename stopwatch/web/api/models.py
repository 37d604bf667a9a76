"""The shapes of answers as OpenAPI describes them; the values themselves are written by the core."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from stopwatch.core.decision import DecisionState, GroundKind
from stopwatch.core.exit.check import GateVerdict
from stopwatch.core.sample import Absence
from stopwatch.core.state import Reported
from stopwatch.web.api import examples

_Infinity = Literal["+Inf", "-Inf"]


class _Shape(BaseModel):
    """A JSON object that has exactly these members."""

    model_config = ConfigDict(extra="forbid")


class LinkShape(_Shape):
    """A link that belongs to a ground."""

    kind: str
    url: str


class GroundShape(_Shape):
    """One reason for a pause: a rule's entry into ``breached``, or a criterion that a person declared."""

    id: str
    kind: GroundKind
    rule: str | None
    criterion: str | None
    opened_at: datetime
    recorded_at: datetime
    recovered_at: datetime | None
    resolved_at: datetime | None
    evidence: Annotated[str | None, Field(description="SHA-256 of the frozen evidence bundle")]
    links: list[LinkShape]


class ActShape(_Shape):
    """What somebody did, when, why, the revisions before and after, and what the act named (versions, links)."""

    act: str
    actor: str
    at: datetime
    reason: str | None
    rev_before: int
    rev_after: int
    details: Annotated[
        dict[str, JsonValue], Field(description="category, until, what, from, to, ground, grounds, links, evidence")
    ]


class ClockShape(_Shape):
    """The KPIs must be inside the band for so long, by then; inside_since is null while they are not."""

    hold_seconds: float
    until: datetime
    seen_to: datetime | None
    inside_since: datetime | None


class DecisionShape(_Shape):
    """The pause of one site (or of a phase, or of all) with all its grounds."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.DECISION]})

    id: str
    rollout: str
    scope: Annotated[
        str, Field(description="a site, or `_<phase>` or `_all` for wide stops, `_drill:<site>` for drills")
    ]
    site: str | None
    phase: str | None
    state: DecisionState
    paused: bool
    drill: Annotated[bool, Field(description="a drill pauses nothing and changes no gate")]
    rev: Annotated[int, Field(description="counts changes of state")]
    opened_at: datetime
    detected_late: bool
    until: Annotated[datetime | None, Field(description="the end of the override in force")]
    clock: Annotated[ClockShape | None, Field(description="how the verification of a roll-back stands")]
    grounds: list[GroundShape]
    acts: list[ActShape]


class DecisionsShape(_Shape):
    """Decisions, oldest first."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.DECISIONS]})

    decisions: list[DecisionShape]


class ProofShape(_Shape):
    """One bundle of evidence: what is wrong with it, what is to be known of it, and where it is if it was let go."""

    ground: Annotated[str | None, Field(description="null for the verdict upon a roll-back")]
    kind: Literal["opening", "appendix", "recovery", "rollback"]
    sha256: str | None
    proven: bool
    findings: list[str]
    notes: list[str]
    pruned: Annotated[str | None, Field(description="by which export samples that were let go are proven")]


class EvidenceShape(_Shape):
    """The evidence of a decision, verified anew."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.EVIDENCE]})

    decision: str
    bundles: list[ProofShape]


class RuleShape(_Shape):
    """One rule at one site."""

    rule: str
    state: Reported
    pending_since: datetime | None
    value: Annotated[
        float | _Infinity | None, Field(description="in the KPI's unit; null for rules of several conditions")
    ]
    newest_slot: datetime | None
    reason: Annotated[Absence | None, Field(description="only with `no_data`")] = None


class SiteShape(_Shape):
    """One site of the plan; its state is the worst of its rules' states."""

    site: str
    phase: str
    state: Reported | None
    paused: bool
    decision: str | None
    rules: list[RuleShape]


class StatusShape(_Shape):
    """All sites of the plan as the newest evaluation left them."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.STATUS]})

    sites: list[SiteShape]
    last_evaluation: datetime | None


class GateReasonShape(_Shape):
    """One reason why a gate is closed; ``decision`` is null where none is behind it."""

    decision: str | None
    phase: str | None
    text: str


class GateShape(_Shape):
    """Whether the rollout may go on at a site now."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.GATE]})

    site: str
    open: bool
    reasons: list[GateReasonShape]


class JudgementShape(_Shape):
    """The newest judgement of a phase."""

    number: int
    verdict: GateVerdict
    summary: str
    at: datetime
    evidence: Annotated[str, Field(description="SHA-256 of the kept record")]


class CallShape(_Shape):
    """A person's go or no-go; ``against`` says that it goes against the verdict."""

    go: bool
    against: bool
    reason: str
    actor: str
    at: datetime


class PhaseGateShape(_Shape):
    """Whether a phase may be left now, by its newest kept judgement."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.PHASE_GATE]})

    phase: str
    open: bool
    reasons: list[GateReasonShape]
    judgement: JudgementShape | None
    call: CallShape | None


class HealthShape(_Shape):
    """Whether the process lives."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.WELL]})

    live: bool


class ReadyShape(_Shape):
    """Whether the process can do its work, what is missing, and what outside is broken (degraded)."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.READY]})

    ready: bool
    reasons: list[str]
    degraded: list[str]
    role: Literal["leader", "follower"]
    leader: str
    database: Literal["up", "down"]


class ReloadShape(_Shape):
    """The files were read anew and are in force."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.RELOADED]})

    reloaded: bool


class AlertShape(_Shape):
    """What became of one alert."""

    fingerprint: str
    outcome: Literal["opened", "joined", "known", "resolved", "nothing_to_resolve", "ignored"]
    detail: Annotated[str, Field(description="why, in words")]
    decision: str | None


class AlertsShape(_Shape):
    """What became of every alert, in the order of the request."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.ALERTS]})

    alerts: list[AlertShape]


class ErrorShape(_Shape):
    """One thing that is wrong with a request, and where."""

    where: Annotated[str, Field(alias="in")]
    detail: str


class ProblemShape(BaseModel):
    """A refusal by RFC 9457; some carry further members."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.PROBLEM]})

    type: Annotated[str, Field(json_schema_extra={"format": "uri-reference"})]
    title: str
    status: Annotated[int, Field(ge=400, le=599)]
    detail: str


class InvalidShape(ProblemShape):
    """What cannot be understood, or lacks something."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.INVALID]})

    errors: list[ErrorShape] = []


class ConflictShape(ProblemShape):
    """What does not apply to the decision as it stands now: its revision and state, and who acted last and when."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [examples.CONFLICT]})

    rev: int = 1
    state: DecisionState = DecisionState.OPEN
    by: str | None = None
    at: datetime | None = None
