"""Two sites around a go-live: one went live past its gate, the other lacks items and waits for a decision to end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stopwatch.core.change import ChangeRecord, ChangeType
from stopwatch.core.decision import DecisionId
from stopwatch.core.entry import EntryGate, EntryReason, Holds
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.overview import Overview, PhaseOverview, SiteOverview
from stopwatch.core.phase import Phase
from stopwatch.core.readiness import ItemState
from stopwatch.core.records import Activation
from stopwatch.core.rollout import Site

HAM, LODZ = SiteId("ham-01"), SiteId("lodz")
PILOT, WAVE = PhaseId("pilot"), PhaseId("wave-1")
LIVE = DecisionId("ham-01-20261121T1015Z")
PLANNED, EXPIRES = datetime(2026, 11, 24, 6, tzinfo=UTC), datetime(2026, 12, 19, 11, tzinfo=UTC)
WENT_LIVE = datetime(2026, 11, 20, 6, tzinfo=UTC)


def _recorded(kind: EntryKind, scope: str, **body: object) -> Entry:
    return Entry(4, "wms-4-12", kind, scope, "", body, "cli:ida", datetime(2026, 11, 19, 11, tzinfo=UTC))


def closed() -> SiteOverview:
    """lodz: held by a decision of the pilot, with an item that is missing, one that expired, one that is met."""
    rehearsed = _recorded(EntryKind.REHEARSAL, LODZ, link="https://wiki.example/rehearsal")
    why = "not recorded; stopwatch rollout done lodz uat --link URL"
    late = "expired on 2026-11-18; it was recorded by cli:ida on 2026-11-04"
    what = "the roll-back was rehearsed"
    items = (
        ItemState("rehearsal", what, "engineering", True, True, "cli:ida on 2026-11-19", rehearsed, EXPIRES),  # noqa: FBT003 – as the columns of a table
        ItemState("uat", "UAT <signed>", "warehouse-lead", automatic=False, met=False, why=why),
        ItemState("dry-run", "dry run", None, automatic=False, met=False, why=late),
    )
    held = f"earlier phase pilot has a live decision since 2026-11-21T10:14:00Z at ham-01; end {LIVE} to open"
    reasons = (
        EntryReason(Holds.DECISION, held, decision=LIVE, phase=PILOT),
        EntryReason(Holds.ITEM, f"uat (warehouse-lead): {why}", item="uat"),
        EntryReason(Holds.ITEM, f"dry-run (nobody): {late}", item="dry-run"),
    )
    site = Site(LODZ, "Łódź", WAVE, "Europe/Warsaw", "LDZ", PLANNED)
    gate = EntryGate(LODZ, ChangeType.NORMAL, reasons, items)
    return SiteOverview(site, None, (), gate, None, paused=False, by_itself=False)


def overridden() -> SiteOverview:
    """ham-01: live past a closed gate, paused since."""
    site = Site(HAM, "Hamburg", PILOT, "Europe/Berlin", "HAM")
    live = Activation("wms-4-12", HAM, WENT_LIVE, "cli:ida", WENT_LIVE, "4.12.0")
    body: dict[str, object] = {"reason": "peak is near", "unmet": ["uat (warehouse-lead): not recorded"]}
    passed = _recorded(EntryKind.ACTIVATION, HAM, version="4.12.0", override=True, **body)
    gate = EntryGate(HAM, ChangeType.NORMAL, (), ())
    return SiteOverview(site, live, (passed,), gate, LIVE, paused=True, by_itself=False)


def whole() -> Overview:
    """Both."""
    change = ChangeRecord(what="WMS 4.12", version="4.12.0")
    phases = [
        PhaseOverview(Phase(one.site.phase, (one.site.id,), timedelta(days=7)), "it was never judged", (one,))
        for one in (overridden(), closed())
    ]
    return Overview("wms-4-12", change, tuple(phases))
