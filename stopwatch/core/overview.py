"""Where a rollout stands: every phase and site with its go-live, what it passed by override, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.entry import EntryGate, Recorded, entry_gate, exit_missing
from stopwatch.core.ledger import Entry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, tzinfo

    from stopwatch.core.change import ChangeRecord
    from stopwatch.core.decision import DecisionId
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.phase import Phase
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import Plan, Site


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """
    One site: its newest go-live, every go-live that passed a closed gate, and its entry gate now.

    *decision* is the live decision that covers it, *paused* whether that pauses it. *by_itself* says that the plan
    activates it.
    """

    site: Site
    activation: Activation | None
    overrides: tuple[Entry, ...]
    gate: EntryGate
    decision: DecisionId | None
    paused: bool
    by_itself: bool


@dataclass(frozen=True, slots=True)
class PhaseOverview:
    """One phase with its sites; *missing* says why it has not exited, None if it has."""

    phase: Phase
    missing: str | None
    sites: tuple[SiteOverview, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The whole rollout."""

    rollout: str
    change: ChangeRecord
    phases: tuple[PhaseOverview, ...]


def overview(plan: Plan, recorded: Recorded, *, now: datetime, zone: Callable[[str], tzinfo]) -> Overview:
    """Return where the rollout stands at *now*; *zone* returns the time zone of a name."""
    phases = tuple(
        PhaseOverview(
            phase,
            exit_missing(phase, recorded.entries),
            tuple(
                site_overview(plan, site, recorded, now=now, zone=zone) for site in phase.sites if site in plan.sites
            ),
        )
        for phase in plan.phases
    )
    return Overview(plan.rollout, plan.change, phases)


def site_overview(
    plan: Plan, place: SiteId, recorded: Recorded, *, now: datetime, zone: Callable[[str], tzinfo]
) -> SiteOverview:
    """Return where one site of the plan stands at *now*."""
    site = plan.sites[place]
    covering = [decision for decision in recorded.live if site.id in plan.covered(decision.scope)]
    first = next(iter(sorted(covering, key=lambda decision: (not decision.paused, decision.scope != site.id))), None)
    overrides = tuple(
        entry
        for entry in recorded.entries
        if entry.kind is EntryKind.ACTIVATION and entry.scope == site.id and entry.body.get("override") is True
    )
    return SiteOverview(
        site,
        (recorded.activations or {}).get(site.id),
        overrides,
        entry_gate(plan, site.id, recorded, now=now, zone=zone(site.timezone)),
        first.id if first is not None else None,
        any(decision.paused for decision in covering),
        plan.by_itself(site.id),
    )
