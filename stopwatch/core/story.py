"""Everything that the records tell of a rollout at one moment; reports are functions of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.blind import BlindSpan
    from stopwatch.core.decision import Decision
    from stopwatch.core.kpi import PhaseId, SiteId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.records import Activation, Unjudged
    from stopwatch.core.rollout import Plan, RuleSet


@dataclass(frozen=True, slots=True)
class Story:
    """
    What the records tell, read in one view at *now*.

    *decisions* and *entries* are all there are, oldest first. *judged* holds the whole record of every phase's newest
    judgement (``core.exit_record``). *audit_head* is the newest hash of the audit chain.
    """

    rule_set: RuleSet
    now: datetime
    activations: Mapping[SiteId, Activation] = field(default_factory=dict)
    decisions: tuple[Decision, ...] = ()
    entries: tuple[Entry, ...] = ()
    blind: tuple[BlindSpan, ...] = ()
    unjudged: tuple[Unjudged, ...] = ()
    judged: Mapping[PhaseId, Mapping[str, object]] = field(default_factory=dict)
    audit_head: str = ""

    @property
    def plan(self) -> Plan:
        """The plan in force."""
        return self.rule_set.plan
