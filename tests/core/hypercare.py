"""A rollout in hypercare: a pilot in Hamburg that is live, a wave that is not, a checkpoint at nine."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.phase import CheckpointPlan, ExitPlan, Phase, WatchWindow
from stopwatch.core.records import Activation
from stopwatch.core.rollout import Plan, Site

HAM, LODZ = SiteId("ham-01"), SiteId("lodz")
NOW = datetime(2026, 11, 21, 10, 15, tzinfo=UTC)
PILOT = Phase(
    PhaseId("pilot"),
    (HAM,),
    timedelta(days=10),
    exit=ExitPlan(sign_offs=("warehouse-lead",)),
    watch=(WatchWindow("06:00", timedelta(hours=2), "shift lead", daily=time(6)),),
)
WAVE = Phase(PhaseId("wave-1"), (LODZ,), timedelta(days=10))
PLAN = Plan(
    rollout="wms-4-12",
    phases=(PILOT, WAVE),
    sites={
        HAM: Site(HAM, "Hamburg", PILOT.id, "Europe/Berlin", "HAM"),
        LODZ: Site(LODZ, "Łódź", WAVE.id, "Europe/Warsaw", "LODZ"),
    },
    sources={},
    checkpoint=CheckpointPlan(time(9)),
    timezone="Europe/Berlin",
)
LIVE = {HAM: Activation("wms-4-12", HAM, datetime(2026, 11, 20, 6, tzinfo=UTC), "cli:ida", NOW, "4.12.0")}


def issue_entry(
    number: int, item: str = "ham-01-1", *, scope: str = HAM, at: datetime = NOW, actor: str = "cli:ida", **body: object
) -> Entry:
    """One version of an issue."""
    whole = {"description": "labels print twice", "severity": "sev2", "status": "open", "attributable": False, **body}
    return Entry(number, "wms-4-12", EntryKind.ISSUE, scope, item, whole, actor, at)


def held(number: int, *, at: datetime, phase: str = "pilot", day: str = "2026-11-22") -> Entry:
    """The record that a checkpoint took place."""
    present = [{"role": "ops", "name": "Ida"}, {"role": "warehouse-lead", "name": "Bo"}]
    return Entry(number, "wms-4-12", EntryKind.CHECKPOINT, phase, day, {"present": present}, "cli:ida", at)
