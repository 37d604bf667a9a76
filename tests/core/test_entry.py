"""A site may be activated when nothing holds its entry gate; every reason says what would open it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from stopwatch.core.change import ChangeType
from stopwatch.core.decision import Decision
from stopwatch.core.entry import EntryGate, Recorded, entry_gate, exit_missing
from stopwatch.core.freeze import Freeze
from stopwatch.core.ledger import EntryKind
from stopwatch.core.overview import overview
from stopwatch.core.records import Activation
from stopwatch.core.rollout import Plan
from tests.core.conduct import DAY, HAM, LODZ, NOW, PILOT, ROLLOUT, UAT, WAVE, Book, decision, overridden, paused, plan

APPROVAL = EntryKind.APPROVAL
NORMAL, STANDARD, EMERGENCY = ChangeType.NORMAL, ChangeType.STANDARD, ChangeType.EMERGENCY
WARSAW = ZoneInfo("Europe/Warsaw")
PEAK = Freeze("peak", datetime(2026, 11, 20), datetime(2026, 12, 24))  # noqa: DTZ001 – local time of the site


def ready() -> Book:
    """Everything that a normal change demands for Łódź."""
    return Book().passed().add(EntryKind.DONE, LODZ, "uat")


def gate(of: Plan, book: Book, *live: Decision, actor: str | None = None, last: Activation | None = None) -> EntryGate:
    recorded = Recorded(live, book.entries, {} if last is None else {LODZ: last})
    return entry_gate(of, LODZ, recorded, now=NOW, zone=WARSAW, actor=actor)


def holds(found: EntryGate) -> list[str]:
    return [reason.holds.value for reason in found.reasons]


@pytest.mark.parametrize(
    ("kind", "live", "expected"),
    [
        pytest.param(NORMAL, (), [], id="nothing"),
        pytest.param(NORMAL, (paused(),), ["decision"], id="the pilot is paused"),
        pytest.param(NORMAL, (overridden(),), ["decision"], id="the pilot is overridden"),
        pytest.param(STANDARD, (paused(),), ["decision"], id="the pilot is paused, and the change is standard"),
        pytest.param(NORMAL, (paused(LODZ, WAVE),), ["decision"], id="the site itself is paused"),
        pytest.param(NORMAL, (overridden(LODZ, WAVE),), [], id="the site itself is overridden"),
        pytest.param(NORMAL, (decision("_wave-1", None, WAVE),), ["decision"], id="its wave is stopped"),
        pytest.param(NORMAL, (decision("_pilot", None, PILOT),), ["decision"], id="the earlier phase is stopped"),
        pytest.param(NORMAL, (decision("_all", None, None),), ["decision"], id="everything is stopped"),
        pytest.param(NORMAL, (paused(plan().phases[1].sites[1], WAVE),), [], id="a sister is paused"),
    ],
)
def test_live_decisions_close_the_gates_of_later_phases(
    kind: ChangeType, live: tuple[Decision, ...], expected: list[str]
) -> None:
    found = gate(plan(kind), ready(), *live)
    assert holds(found) == expected
    assert all(one.id in reason.text for one in live for reason in found.reasons)


@pytest.mark.parametrize(
    ("kind", "book", "frozen", "expected"),
    [
        pytest.param(NORMAL, Book(), False, ["phase", "item"], id="normal demands the exit and the items"),
        pytest.param(NORMAL, ready(), True, ["freeze"], id="normal respects freeze windows"),
        pytest.param(STANDARD, Book(), False, [], id="standard demands no gate items"),
        pytest.param(STANDARD, Book(), True, ["freeze"], id="standard respects freeze windows"),
        pytest.param(EMERGENCY, Book(), True, ["approval"], id="emergency demands an approver"),
        pytest.param(EMERGENCY, Book().add(APPROVAL, LODZ, actor="cli:eva"), True, [], id="emergency, approved"),
        pytest.param(EMERGENCY, Book().add(APPROVAL, "_all", actor="cli:eva"), True, [], id="approved for all"),
        pytest.param(EMERGENCY, Book().add(APPROVAL, HAM, actor="cli:eva"), True, ["approval"], id="elsewhere"),
        pytest.param(EMERGENCY, Book().add(APPROVAL, LODZ, actor="cli:bo"), True, ["approval"], id="by oneself"),
    ],
)
def test_what_each_type_of_change_demands(kind: ChangeType, book: Book, *, frozen: bool, expected: list[str]) -> None:
    assert holds(gate(plan(kind, freezes=(PEAK,) if frozen else ()), book, actor="cli:bo")) == expected


def test_an_approval_serves_one_activation() -> None:
    book = Book().add(APPROVAL, LODZ, ago=2 * DAY, actor="cli:eva")
    before = Activation(ROLLOUT, LODZ, NOW - 3 * DAY, "cli:bo", NOW - 3 * DAY)
    assert holds(gate(plan(EMERGENCY), book, actor="cli:bo", last=before)) == []
    spent = replace(before, recorded_at=NOW - DAY)
    assert holds(gate(plan(EMERGENCY), book, actor="cli:bo", last=spent)) == ["approval"]


def test_a_freeze_says_when_the_site_is_next_open() -> None:
    (reason,) = gate(plan(freezes=(PEAK,)), ready()).reasons
    assert reason.text == "frozen by peak: next opening Thu 2026-12-24 00:00 local, 2026-12-23T23:00:00Z"


def test_a_missing_item_names_its_owner_and_the_command() -> None:
    (reason,) = gate(plan(), Book().passed()).reasons
    assert reason.text == "uat (warehouse-lead): not recorded; stopwatch rollout done lodz uat --link URL"
    assert reason.item == UAT.id


@pytest.mark.parametrize(
    ("book", "missing"),
    [
        pytest.param(Book(), "phase pilot has not passed its exit; stopwatch gate pilot judges it", id="never judged"),
        pytest.param(Book().passed(), None, id="judged to pass"),
        pytest.param(Book().passed(WAVE), "phase pilot has not passed", id="another phase passed"),
        pytest.param(
            Book().passed(verdict="not_provable"), "the exit of phase pilot was not provable", id="not provable"
        ),
        pytest.param(Book().passed(verdict="fail"), "phase pilot failed its exit on 2026-11-30", id="failed"),
        pytest.param(
            Book().passed().passed(verdict="fail"), "phase pilot failed its exit", id="the newest judgement counts"
        ),
        pytest.param(Book().passed(verdict="not_provable").word(go=True), None, id="a person said go"),
        pytest.param(Book().word(go=True).passed(verdict="not_provable"), None, id="go, then not provable"),
        pytest.param(Book().word(go=True).passed(verdict="fail"), "phase pilot failed", id="go, then fail"),
        pytest.param(
            Book().passed().word(go=False, reason="customers wait").passed(),
            "phase pilot: no-go by cli:ida on 2026-11-30: customers wait",
            id="a no-go holds whatever is judged later",
        ),
        pytest.param(Book().word(go=False, reason="customers wait").word(go=True), None, id="no-go, then go"),
    ],
)
def test_when_a_phase_has_exited(book: Book, missing: str | None) -> None:
    found = exit_missing(plan().phases[0], book.entries)
    assert found is None if missing is None else (found or "").startswith(missing)


def test_the_overview_shows_an_override_for_good_and_which_sites_the_plan_activates_itself() -> None:
    live = {HAM: Activation(ROLLOUT, HAM, NOW - DAY, "cli:bo", NOW - DAY, "4.12")}
    book = Book().add(EntryKind.ACTIVATION, HAM, override=True, reason="the CEO")
    book.add(EntryKind.ACTIVATION, HAM, override=False)
    planned = plan()
    dated = replace(planned, sites={site: replace(one, go_live=NOW) for site, one in planned.sites.items()})
    found = overview(dated, Recorded((paused(),), book.entries, live), now=NOW, zone=ZoneInfo)
    pilot, wave = found.phases
    (ham,) = pilot.sites
    assert [entry.body["reason"] for entry in ham.overrides] == ["the CEO"]
    assert (ham.activation, ham.decision, ham.paused, ham.by_itself) == (live[HAM], paused().id, True, True)
    assert [site.by_itself for site in wave.sites] == [False, False]
    assert [site.gate.open for site in wave.sites] == [False, False]
    assert timedelta(0) < found.phases[0].phase.observation
