"""How the pages see the daemon: its plan, its evidence, what it has sent."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.hypercare import waiting
from stopwatch.watch.acts.answers import pending_beside
from stopwatch.watch.evaluation.courses import courses
from stopwatch.watch.rollout.reporting import story_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from stopwatch.app.daemon import Daemon
    from stopwatch.core.course import Course
    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.outbox import OutboxRow
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.status import OutboxStatus
    from stopwatch.core.story import Story

COURSE_SLOTS = 40
"""So many of the newest slots a sparkline shows."""


class DaemonEstate:
    """What pages show besides status and decisions, read at the moment of the question."""

    def __init__(self, daemon: Daemon) -> None:
        """Read through *daemon*, whose rule set may be replaced at any time."""
        self._daemon = daemon

    def now(self) -> datetime:
        """Return the corrected time."""
        return self._daemon.clock.now()

    def rule_set(self) -> RuleSet:
        """Return the plan and the rules in force."""
        return self._daemon.rule_set

    def live(self) -> list[Decision]:
        """Return the decisions that are not final, oldest first."""
        with self._daemon.store.reading() as view:
            return view.decisions(self._daemon.rule_set.plan.rollout, live=True)

    def outbox(self) -> OutboxStatus | None:
        """Return what waits to be sent, None before it was first counted."""
        return self._daemon.metrics.outbox

    def courses(self) -> Mapping[tuple[SiteId, RuleId], Sequence[Course]]:
        """Return how every KPI went lately, from memory."""
        groups = [group for watch in self._daemon.watches for group in watch.groups]
        return courses(groups, most=COURSE_SLOTS)

    def story(self) -> Story:
        """Return everything that the records tell of the rollout."""
        with self._daemon.store.reading() as view:
            return story_of(view, self._daemon.rule_set, now=self._daemon.clock.now())

    def waiting(self) -> Sequence[tuple[str, str]]:
        """Return what people forgot in hypercare, each as what it is and in words."""
        daemon = self._daemon
        with daemon.store.reading() as view:
            activations, entries = (
                view.activations(daemon.rule_set.plan.rollout),
                view.entries(daemon.rule_set.plan.rollout),
            )
        return waiting(daemon.rule_set.plan, activations, entries, now=daemon.clock.now(), zone=ZoneInfo)

    def leader(self) -> str | None:
        """Name the replica that evaluates and sends, None for this one."""
        return self._daemon.leading.leader

    def evidence(self, sha256: str) -> str | None:
        """Return a frozen bundle as it is stored."""
        with self._daemon.store.reading() as view:
            return view.evidence(sha256)

    def history(self, decision: DecisionId) -> list[Mapping[str, object]]:
        """Return the bodies of a decision's audit rows, oldest first."""
        with self._daemon.store.reading() as view:
            return [row.body for row in view.audit_of(decision)]

    def pending_beside(self, decision: Decision) -> Sequence[tuple[str, datetime | None]]:
        """Return the rules of a decision's site that are pending and no ground of it, with since when."""
        return pending_beside(self._daemon.desk, decision)

    def messages(self, decision: DecisionId) -> list[OutboxRow]:
        """Return what was, or is to be, sent about a decision, oldest first."""
        with self._daemon.store.reading() as view:
            return view.messages(decision)
