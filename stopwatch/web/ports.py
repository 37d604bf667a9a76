"""What the web room needs of the world, as protocols; adapters fit them without importing them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.acts import ActRequest
    from stopwatch.core.course import Course
    from stopwatch.core.decision import Decision, DecisionId, DecisionState
    from stopwatch.core.gate import SiteGate
    from stopwatch.core.hypercare import Logged
    from stopwatch.core.kpi import PhaseId, RuleId, SiteId
    from stopwatch.core.once import Answer, Once
    from stopwatch.core.outbox import OutboxRow
    from stopwatch.core.overview import Overview, SiteOverview
    from stopwatch.core.phase_gate import PhaseGate
    from stopwatch.core.proof import Proof
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.selection import Selection
    from stopwatch.core.status import OutboxStatus, Role, StatusView
    from stopwatch.core.stop import Alert, AlertOutcome, Stop
    from stopwatch.core.story import Story

Inbound = Callable[[Mapping[str, str], bytes], tuple[int, str, bytes]]
"""Answers one POST another room takes: (headers with lower-case names, raw body) → (status, content type, body)."""


class Board(Protocol):
    """How everything stands now."""

    def status(self) -> StatusView:
        """Return the picture that the newest evaluation left; never waits for one."""
        ...


class Records(Protocol):
    """
    What was decided.

    Raises (every method):
        StoreError: The records cannot be read now.

    """

    def decisions(self, state: DecisionState | None, site: SiteId | None) -> list[Decision]:
        """Return decisions, oldest first; None asks for all, *site* matches the scope or any ground's site."""
        ...

    def newest(
        self, state: DecisionState | None, site: SiteId | None, *, limit: int, before: DecisionId | None
    ) -> list[Decision]:
        """
        Return the newest *limit* of these decisions, oldest first, of those that come before *before*.

        Raises:
            DecisionNotFoundError: No decision has the id *before*.

        """
        ...

    def selected(self, wanted: Selection, *, limit: int | None) -> tuple[list[Decision], int]:
        """Return the newest *limit* (None: all) decisions of a selection, newest first, and how many it has in all."""
        ...

    def decision(self, decision: DecisionId) -> Decision | None:
        """Return one decision, None if nobody ever opened it."""
        ...

    def proofs(self, decision: DecisionId) -> list[Proof] | None:
        """Verify every bundle of a decision's evidence anew, None if nobody ever opened it."""
        ...

    def gate(self, site: SiteId) -> SiteGate | None:
        """Judge the gate of a site, None if the plan has no such site."""
        ...

    def phase_gate(self, phase: PhaseId) -> PhaseGate | None:
        """Return the exit gate of a phase by its newest kept judgement, None if the plan has no such phase."""
        ...

    def issues(self) -> list[Logged]:
        """Return the issue log, open issues first, worst first."""
        ...

    def readiness(self, site: SiteId) -> SiteOverview | None:
        """Return how a site stands with its entry gate, None if the plan has no such site; nothing is asked outside."""
        ...

    def overview(self) -> Overview:
        """Return where the whole rollout stands."""
        ...


class Estate(Protocol):
    """
    What pages show besides status and decisions.

    Raises (every method that reads records):
        StoreError: The records cannot be read now.

    """

    def now(self) -> datetime:
        """Return the corrected time, aware, UTC."""
        ...

    def rule_set(self) -> RuleSet:
        """Return the plan and the rules in force."""
        ...

    def live(self) -> list[Decision]:
        """Return the decisions that are not final, oldest first."""
        ...

    def outbox(self) -> OutboxStatus | None:
        """Return what waits to be sent, None before it was first counted."""
        ...

    def courses(self) -> Mapping[tuple[SiteId, RuleId], Sequence[Course]]:
        """Return how every KPI went lately, per site and rule, from memory; never asks a source."""
        ...

    def story(self) -> Story:
        """Return everything that the records tell of the rollout."""
        ...

    def waiting(self) -> Sequence[tuple[str, str]]:
        """Return what people forgot in hypercare, each as what it is and in words."""
        ...

    def leader(self) -> str | None:
        """Name the replica that evaluates and sends, None for this one."""
        ...

    def evidence(self, sha256: str) -> str | None:
        """Return a frozen bundle as it is stored."""
        ...

    def history(self, decision: DecisionId) -> list[Mapping[str, object]]:
        """Return the bodies of a decision's audit rows, oldest first."""
        ...

    def pending_beside(self, decision: Decision) -> Sequence[tuple[str, datetime | None]]:
        """Return the rules of a decision's site that are pending and no ground of it, with since when."""
        ...

    def messages(self, decision: DecisionId) -> list[OutboxRow]:
        """Return what was, or is to be, sent about a decision, oldest first."""
        ...


class Acts(Protocol):
    """
    What callers do.

    Raises (every method):
        StoreError: The records cannot be written now; nothing changed.

    """

    def act(self, decision: DecisionId, request: ActRequest) -> Decision:
        """
        Act on a decision.

        Raises:
            DecisionNotFoundError: No decision has this id.
            ActIncompleteError: A required member is missing or unusable.
            ActRefusedError: The decision changed meanwhile, or its state does not allow the act.

        """
        ...

    def pause(self, stop: Stop, *, everywhere: bool) -> tuple[Decision, bool]:
        """
        Declare a manual stop; returns the decision and whether it is new.

        Raises:
            ActIncompleteError: Not exactly one of site, phase and everywhere, or the plan does not know it.

        """
        ...

    def alerts(self, alerts: Sequence[Alert], *, actor: str) -> list[AlertOutcome]:
        """Take the alerts of one notification, all in one transaction, and tell of each what became of it."""
        ...

    def issue(self, actor: str, place: str | None, identity: str | None, said: Mapping[str, object]) -> Logged:
        """
        Write down a new issue at *place* (a site or a phase), or say what became of the one called *identity*.

        Raises:
            IssueNotFoundError: No issue has that id.
            ActIncompleteError: A member is missing or unusable, or nothing would change.

        """
        ...


class Writes(Acts, Protocol):
    """What callers do, and the way to do it once."""

    def once(self, asked: Once, work: Callable[[Acts], Answer]) -> Answer:
        """
        Do *work* through the acts it is given, in one transaction that also keeps its answer; or replay that answer.

        Raises:
            KeyReusedError: The key came with another request before.
            KeyBusyError: The first request with this key is still being answered.

        """
        ...


class Health(Protocol):
    """Whether the process lives and can do its work, what it measures, and how it reads its files anew."""

    def live(self) -> bool:
        """Tell whether the process makes progress; False asks whoever supervises it to start it afresh."""
        ...

    def ready(self) -> tuple[bool, list[str]]:
        """Tell whether it can do its work, with what is missing."""
        ...

    def role(self) -> Role:
        """Say whether this replica leads, who does, and whether the database answers."""
        ...

    def troubles(self) -> list[str]:
        """Say what outside is broken although the process can work: sources, receivers."""
        ...

    def metrics(self, *, compressed: bool = False) -> bytes:
        """Write its own metrics in Prometheus's text format, as gzip if asked."""
        ...

    def reload(self) -> None:
        """
        Read the configuration folder anew, all of it or nothing.

        Raises:
            ConfigurationError: The files cannot be used; the previous ones stay in force.

        """
        ...
