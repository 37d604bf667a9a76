"""A pause decision and its states: the table that code, documents and tests read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.kpi import PhaseId, RuleId, SiteId
    from stopwatch.core.rollback_clock import RollbackClock

DecisionId = NewType("DecisionId", str)
GroundId = NewType("GroundId", str)


class DecisionState(StrEnum):
    """Six live states and four final ones; the site is paused in every live state but ``overridden``."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CONFIRMED = "confirmed"
    OVERRIDDEN = "overridden"
    ROLLED_BACK = "rolled_back"
    FLAGGED = "flagged"
    RESUMED = "resumed"
    DISMISSED = "dismissed"
    VERIFIED = "verified"
    CLOSED = "closed"

    @property
    def live(self) -> bool:
        """Whether the decision is not final."""
        return self not in FINAL

    @property
    def pausing(self) -> bool:
        """Whether the decision pauses its sites."""
        return self.live and self is not DecisionState.OVERRIDDEN


FINAL = frozenset(
    {DecisionState.RESUMED, DecisionState.DISMISSED, DecisionState.VERIFIED, DecisionState.CLOSED},
)


class Act(StrEnum):
    """What a person does; the same words in commands, URLs, buttons and audit."""

    ACKNOWLEDGE = "acknowledge"
    CONFIRM = "confirm"
    RESUME = "resume"
    OVERRIDE = "override"
    DISMISS = "dismiss"
    ROLL_BACK = "roll-back"
    PAUSE_AGAIN = "pause-again"
    CLOSE = "close"
    RESOLVE = "resolve"
    ATTACH = "attach"


class Happening(StrEnum):
    """What happens without a person."""

    UNNAMED_GROUND = "unnamed-ground"
    NAMED_GROUND = "named-ground"
    RECOVERY = "recovery"
    OVERRIDE_ENDED_BREACHING = "override-ended-breaching"
    OVERRIDE_ENDED_CLEAR = "override-ended-clear"
    ROLLBACK_VERIFIED = "rollback-verified"
    ROLLBACK_FLAGGED = "rollback-flagged"


_S = DecisionState
_PAUSED_BY_RULE = (_S.OPEN, _S.ACKNOWLEDGED, _S.CONFIRMED)
_LIVE = tuple(state for state in DecisionState if state.live)

TRANSITIONS: Mapping[Act | Happening, Mapping[DecisionState, DecisionState]] = {
    Act.ACKNOWLEDGE: {_S.OPEN: _S.ACKNOWLEDGED},
    Act.CONFIRM: {_S.OPEN: _S.CONFIRMED, _S.ACKNOWLEDGED: _S.CONFIRMED},
    Act.RESUME: dict.fromkeys((*_PAUSED_BY_RULE, _S.OVERRIDDEN), _S.RESUMED),
    Act.OVERRIDE: dict.fromkeys((*_PAUSED_BY_RULE, _S.OVERRIDDEN), _S.OVERRIDDEN),
    Act.PAUSE_AGAIN: {_S.OVERRIDDEN: _S.CONFIRMED},
    Act.DISMISS: dict.fromkeys((*_PAUSED_BY_RULE, _S.OVERRIDDEN), _S.DISMISSED),
    Act.ROLL_BACK: dict.fromkeys((*_PAUSED_BY_RULE, _S.OVERRIDDEN, _S.FLAGGED), _S.ROLLED_BACK),
    Act.CLOSE: {_S.ROLLED_BACK: _S.CLOSED, _S.FLAGGED: _S.CLOSED},
    Act.RESOLVE: {state: state for state in _LIVE},
    Act.ATTACH: {state: state for state in DecisionState},
    Happening.UNNAMED_GROUND: {state: state for state in _LIVE} | {_S.OVERRIDDEN: _S.OPEN},
    Happening.NAMED_GROUND: {state: state for state in _LIVE},
    Happening.RECOVERY: {state: state for state in DecisionState},
    Happening.OVERRIDE_ENDED_BREACHING: {_S.OVERRIDDEN: _S.OPEN},
    Happening.OVERRIDE_ENDED_CLEAR: {_S.OVERRIDDEN: _S.RESUMED},
    Happening.ROLLBACK_VERIFIED: {_S.ROLLED_BACK: _S.VERIFIED},
    Happening.ROLLBACK_FLAGGED: {_S.ROLLED_BACK: _S.FLAGGED},
}
"""From an event and a state to the next state; an absent entry is an illegal act."""

DRILL_TRANSITIONS: Mapping[Act, Mapping[DecisionState, DecisionState]] = {
    Act.ACKNOWLEDGE: TRANSITIONS[Act.ACKNOWLEDGE],
    Act.CONFIRM: TRANSITIONS[Act.CONFIRM],
    Act.CLOSE: dict.fromkeys(_PAUSED_BY_RULE, _S.CLOSED),
    Act.ATTACH: TRANSITIONS[Act.ATTACH],
}
"""What people can do to a drill: answer it, end it, and note a link."""

DRILL_SCOPE = "_drill:"
"""How the scope of a drill begins; the site follows."""

RETURNS_TO_OPEN = frozenset({Happening.UNNAMED_GROUND, Happening.OVERRIDE_ENDED_BREACHING})
"""Events that begin a new episode when they lead from ``overridden`` to ``open``."""


class GroundKind(StrEnum):
    """A rule's entry into ``breached``, or a criterion a person declared."""

    RULE = "rule"
    MANUAL = "manual"


LINK_KINDS = ("ticket", "follow-up", "dashboard", "logs", "runbook", "document")
"""Kinds of links that people attach; a follow-up is the backlog item that came of a decision."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link that belongs to a ground or an act; *kind* is a word such as dashboard, logs, runbook or ticket."""

    kind: str
    url: str


@dataclass(frozen=True, slots=True)
class Ground:
    """
    One reason for a pause.

    *opened_at* is the opening slot's instant (the act's time for a manual ground), *recorded_at* the commit's time.
    *evidence* is the SHA-256 of the frozen bundle; *summary* is the one-line account of it for cards and lists.
    """

    id: GroundId
    kind: GroundKind
    site: SiteId | None
    rule: RuleId | None
    criterion: str | None
    opened_at: datetime
    recorded_at: datetime
    pending_since: datetime | None = None
    recovered_at: datetime | None = None
    resolved_at: datetime | None = None
    unwatched: bool = False
    detected_late: bool = False
    evidence: str | None = None
    links: tuple[Link, ...] = ()
    summary: Mapping[str, object] | None = None

    @property
    def over(self) -> bool:
        """Whether the ground has recovered or was resolved."""
        return self.recovered_at is not None or self.resolved_at is not None

    @property
    def name(self) -> str:
        """The rule's id or the criterion."""
        return str(self.rule or self.criterion)


@dataclass(frozen=True, slots=True)
class Acted:
    """One act as it is remembered: who did what, when, why, and what it changed."""

    act: str
    actor: str
    at: datetime
    reason: str | None
    rev_before: int
    rev_after: int
    details: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Decision:
    """
    The pause of one scope with all its grounds.

    *scope* is a site, ``_<phase>`` or ``_all`` for wide manual stops, or ``_drill:<site>``. *rev* counts state changes
    only. *episode* counts returns to ``open``. *accepted* names the rules and criteria that the override in force
    accepts, *until* its end.
    """

    id: DecisionId
    rollout: str
    scope: str
    site: SiteId | None
    phase: PhaseId | None
    state: DecisionState
    rev: int
    episode: int
    opened_at: datetime
    detected_late: bool = False
    until: datetime | None = None
    ended_at: datetime | None = None
    accepted: frozenset[str] = frozenset()
    grounds: tuple[Ground, ...] = ()
    acts: tuple[Acted, ...] = ()
    clock: RollbackClock | None = None

    @property
    def paused(self) -> bool:
        """Whether the decision pauses its sites now; a drill never does."""
        return self.state.pausing and not self.drill

    @property
    def drill(self) -> bool:
        """Whether this is a drill: it takes the path of a decision, pauses nothing and changes no gate."""
        return self.scope.startswith(DRILL_SCOPE)

    def after(self, act: Act) -> DecisionState | None:
        """Return the state that *act* leads to, None if it is not possible now."""
        table = DRILL_TRANSITIONS if self.drill else TRANSITIONS
        return table.get(act, {}).get(self.state)

    @property
    def last_act(self) -> Acted | None:
        """The newest act, if anybody acted."""
        return self.acts[-1] if self.acts else None
