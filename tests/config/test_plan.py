"""What a plan says of phases, change, calendar and people reaches the core as values."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from stopwatch.config.load import check_folder
from stopwatch.core.change import ChangeRecord, ChangeType, Notice
from stopwatch.core.freeze import Freeze
from stopwatch.core.phase import (
    AutomaticItem,
    CheckpointPlan,
    ExitPlan,
    HypercarePlan,
    ReadinessItem,
    RollbackPlan,
    WatchWindow,
)
from stopwatch.core.rollout import Plan, Stakeholders
from tests.config.golden import GOOD

SHIPPED = Path(__file__).parents[2] / "rules"
WHOLE = """
rollout: wms-4-12
change:
  type: emergency
  what: hotfix of labels
  why: labels are refused
  risk: low
  version: 4.10
  initiator: Ida
  scope: {in: labels, out: [picking, returns]}
  integrations: DHL
  customers: [Nordlicht]
  communication: [all know, {who: support, what: labels differ, when: before go-live}]
  cutover: 05:00 to 06:00
  ticket: CHG-4711
phases:
  - id: pilot
    sites: [ham-01]
    observation: 10d
    readiness: [Wände geprüft, {id: uat, text: UAT signed, owner: warehouse-lead, expires: 14d}]
    exit: {coverage: 0.9}
    watch:
      [{from: go-live, for: 8h, who: all}, {from: go-live + 2h, for: 1h, who: Ida}, {from: 6:00, for: 2h, who: Eva}]
  - {id: wave-1, sites: [lodz], observation: 7d, automatic: [drill, baseline]}
sites:
  ham-01: {name: Hamburg, timezone: Europe/Berlin, contacts: {lead: Anna}, links: {grafana: "https://g.example/ham"}}
  lodz: {name: Łódź, timezone: Europe/Warsaw}
freeze:
  - {name: peak, from: 2026-12-14, until: 2027-01-06, sites: [ham-01]}
  - {name: evening, from: "2026-12-01T12:00+01:00", daily: {from: "16:00", until: "20:00"}, days: [fri, mon]}
watch: [{from: 2026-12-01T06:00:00Z, for: 3d, who: on-call}, {from: first truck, for: 1h, who: the lead}]
exit: {min_volume: 5000, sign_offs: [warehouse-lead], breaching: 0.02}
rollback: {within: 1h, hold: 10m, band: 1.5, rehearsed_within: 7d}
checkpoint: {at: "09:30", channel: C024BE91L}
hypercare: {checkpoint_within: 2h, reviewed_within: 30h, targets: {sev1: 1d, sev3: 2w}}
stakeholders: {channel: C024BE91M, people: [Ida]}
roles: [warehouse-lead]
timezone: Europe/Paris
contacts: {on-call: "+49 40 1"}
links: {runbook: "https://wiki.example/runbook"}
"""
LEAST = """
rollout: wms-4-12
phases: [{id: pilot, sites: [ham-01], observation: 10d}, {id: wave-1, sites: [lodz], observation: 7d}]
sites:
  ham-01: {name: Hamburg, timezone: Europe/Berlin}
  lodz: {name: Łódź, timezone: Europe/Warsaw}
"""


def plan_of(tmp_path: Path, text: str) -> Plan:
    for name in ("kpis.yaml", "stop-rules.yaml"):
        (tmp_path / name).write_text((GOOD / name).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "rollout.yaml").write_text(text, encoding="utf-8")
    rule_set, complaints = check_folder(tmp_path)
    assert [str(complaint.headline()) for complaint in complaints] == []
    assert rule_set is not None
    return rule_set.plan


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_of(tmp_path, WHOLE)


def test_the_checklist_is_items_with_ids_and_brings_the_automatic_ones(plan: Plan) -> None:
    pilot, wave = plan.phases
    uat = ReadinessItem("uat", "UAT signed", "warehouse-lead", timedelta(days=14))
    assert pilot.readiness == (ReadinessItem("wande-gepruft", "Wände geprüft"), uat)
    assert pilot.automatic == tuple(AutomaticItem)
    assert (wave.readiness, wave.automatic) == ((), (AutomaticItem.DRILL, AutomaticItem.BASELINE))
    assert pilot.demands_readiness
    assert wave.demands_readiness


def test_a_phase_takes_from_the_top_level_what_its_exit_leaves_out(plan: Plan) -> None:
    general = ExitPlan(Decimal(5000), ("warehouse-lead",), Decimal("0.95"), Decimal("0.02"), Decimal("0.01"))
    assert plan.phases[1].exit == general
    assert plan.phases[0].exit == ExitPlan(
        Decimal(5000), ("warehouse-lead",), Decimal("0.9"), Decimal("0.02"), Decimal("0.01")
    )


def test_monitoring_windows_begin_at_times_of_four_kinds_or_in_words(plan: Plan) -> None:
    hour = timedelta(hours=1)
    assert plan.phases[0].watch == (
        WatchWindow("go-live", 8 * hour, "all", after=timedelta(0)),
        WatchWindow("go-live + 2h", hour, "Ida", after=2 * hour),
        WatchWindow("6:00", 2 * hour, "Eva", daily=time(6)),
    )
    assert plan.phases[1].watch == (
        WatchWindow("2026-12-01T06:00:00Z", 72 * hour, "on-call", at=datetime(2026, 12, 1, 6, tzinfo=UTC)),
        WatchWindow("first truck", hour, "the lead"),
    )


def test_the_change_record_is_read_and_kept_as_written(plan: Plan) -> None:
    change = plan.change
    assert change.written["ticket"] == "CHG-4711"
    assert change == ChangeRecord(
        type=ChangeType.EMERGENCY,
        what="hotfix of labels",
        why="labels are refused",
        risk="low",
        version="4.10",
        initiator="Ida",
        scope_in=("labels",),
        scope_out=("picking", "returns"),
        integrations=("DHL",),
        customers=("Nordlicht",),
        communication=(Notice("all know"), Notice("labels differ", "support", "before go-live")),
        cutover="05:00 to 06:00",
        written=change.written,
    )


def test_freeze_windows_include_their_last_day(plan: Plan) -> None:
    peak, evening = plan.freezes
    assert peak == Freeze("peak", datetime(2026, 12, 14), datetime(2027, 1, 7), sites=tuple(plan.sites)[:1])  # noqa: DTZ001 – local
    assert evening.start is not None
    assert evening.start.astimezone(UTC) == datetime(2026, 12, 1, 11, tzinfo=UTC)
    assert (evening.daily, evening.days) == ((time(16), time(20)), frozenset({0, 4}))


def test_people_times_and_links_of_the_plan(plan: Plan) -> None:
    assert plan.rollback == RollbackPlan(timedelta(hours=1), timedelta(minutes=10), Decimal("1.5"), timedelta(days=7))
    assert plan.checkpoint == CheckpointPlan(time(9, 30), "C024BE91L")
    targets = {"sev1": timedelta(days=1), "sev3": timedelta(days=14)}
    assert plan.hypercare == HypercarePlan(timedelta(hours=2), timedelta(hours=30), targets)
    assert plan.stakeholders == Stakeholders("C024BE91M", ("Ida",))
    assert (plan.roles, plan.timezone) == (("warehouse-lead",), "Europe/Paris")
    assert (plan.contacts, plan.links) == ({"on-call": "+49 40 1"}, {"runbook": "https://wiki.example/runbook"})
    site = next(iter(plan.sites.values()))
    assert (site.contacts, site.links) == ({"lead": "Anna"}, {"grafana": "https://g.example/ham"})


def test_a_plan_that_says_nothing_of_them_has_safe_defaults(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, LEAST)
    assert [phase.demands_readiness for phase in plan.phases] == [False, False]
    assert plan.phases[0].exit == ExitPlan()
    assert (plan.rollback, plan.change) == (RollbackPlan(), ChangeRecord())
    assert plan.rollback.rehearsed_within == timedelta(days=30)
    assert plan.hypercare == HypercarePlan(timedelta(hours=4), timedelta(hours=26), {})
    assert (plan.checkpoint, plan.freezes, plan.roles, plan.timezone) == (None, (), (), "Europe/Berlin")


def test_the_shipped_plan_shows_a_pilot_and_two_waves_with_these_keys() -> None:
    rule_set, complaints = check_folder(SHIPPED)
    assert complaints == []
    assert rule_set is not None
    plan = rule_set.plan
    assert [(phase.id, len(phase.sites), phase.demands_readiness) for phase in plan.phases] == [
        ("pilot", 1, False),
        ("wave-1", 3, True),
        ("wave-2", 6, True),
    ]
    assert plan.phases[2].exit.min_volume == Decimal(60000)
    assert plan.phases[2].exit.sign_offs == ("warehouse-lead", "product-owner")
    assert [freeze.name for freeze in plan.freezes] == ["Christmas peak", "inventory in Lyon", "Friday afternoon"]
    assert plan.change.type is ChangeType.NORMAL
