"""A plan of a pilot and a wave, and entries as people would record them, for the tests of gates and readiness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from stopwatch.core.change import ChangeRecord, ChangeType
from stopwatch.core.decision import Decision, DecisionId, DecisionState, Ground, GroundId, GroundKind
from stopwatch.core.freeze import Freeze
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.phase import AutomaticItem, Phase, ReadinessItem
from stopwatch.core.rollout import Plan, Site

ROLLOUT = "wms-4-12"
PILOT, WAVE = PhaseId("pilot"), PhaseId("wave-1")
HAM, LODZ, LYON = SiteId("ham-01"), SiteId("lodz"), SiteId("lyon")
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
DAY = timedelta(days=1)
UAT = ReadinessItem("uat", "UAT signed", "warehouse-lead", timedelta(days=14))
TRAINING = ReadinessItem("training", "people are trained")


def plan(
    kind: ChangeType = ChangeType.NORMAL,
    *,
    readiness: tuple[ReadinessItem, ...] = (UAT,),
    automatic: tuple[AutomaticItem, ...] = (),
    freezes: tuple[Freeze, ...] = (),
) -> Plan:
    """A pilot with one site that demands nothing, then a wave of two sites with a checklist."""
    phases = (Phase(PILOT, (HAM,), 10 * DAY), Phase(WAVE, (LODZ, LYON), 7 * DAY, readiness, automatic))
    sites = {
        site: Site(site, site.title(), phase.id, "Europe/Warsaw", site.upper())
        for phase in phases
        for site in phase.sites
    }
    return Plan(ROLLOUT, phases, sites, {}, change=ChangeRecord(kind, version="4.12"), freezes=freezes)


class Book:
    """Entries in the order in which they are recorded."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(
        self,
        kind: EntryKind,
        scope: str,
        item: str = "",
        *,
        ago: timedelta = DAY,
        actor: str = "cli:ida",
        **body: Any,  # noqa: ANN401 – whatever JSON an entry may hold
    ) -> Book:
        """Record one more; *ago* is how long before `NOW`."""
        made = Entry(len(self.entries) + 1, ROLLOUT, kind, scope, item, body, actor, NOW - ago)
        self.entries.append(made)
        return self

    def passed(self, phase: str = PILOT, verdict: str = "pass") -> Book:
        """Record a judgement of a phase's exit."""
        return self.add(EntryKind.JUDGEMENT, phase, verdict=verdict)

    def answered(self, site: str = LODZ, *, ago: timedelta = timedelta(hours=1), **answers: tuple[bool, str]) -> Book:
        """Record what the world answered; *answers* by item, with _ for -."""
        body: Mapping[str, Any] = {
            item.replace("_", "-"): {"ok": ok, "detail": detail} for item, (ok, detail) in answers.items()
        }
        return self.add(EntryKind.LINKS, site, ago=ago, **body)

    def word(self, *, go: bool, reason: str | None = None) -> Book:
        """Record what a person decided about the pilot's exit."""
        return self.add(EntryKind.GO, PILOT, go=go, reason=reason)


def decision(
    scope: str, site: SiteId | None, phase: PhaseId | None, state: DecisionState = DecisionState.OPEN
) -> Decision:
    """A decision with one manual ground."""
    ground = Ground(GroundId("sev1"), GroundKind.MANUAL, site, None, "sev1", NOW - DAY, NOW - DAY)
    name = DecisionId(f"{scope}-20261130T1000Z")
    return Decision(name, ROLLOUT, scope, site, phase, state, 1, 1, NOW - DAY, grounds=(ground,))


def paused(site: SiteId = HAM, phase: PhaseId = PILOT) -> Decision:
    """A site that is paused."""
    return decision(site, site, phase)


def overridden(site: SiteId = HAM, phase: PhaseId = PILOT) -> Decision:
    """A site that was paused and goes on by an override."""
    return replace(paused(site, phase), state=DecisionState.OVERRIDDEN)
