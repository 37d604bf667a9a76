"""A phase may be left by a fresh judgement that passed, that nobody vetoed and that no decision has overtaken."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from stopwatch.core.decision import Decision, DecisionState
from stopwatch.core.exit.check import GateVerdict
from stopwatch.core.ledger import Entry, EntryKind
from stopwatch.core.phase_gate import FRESH, PhaseGate, gate_statuses, phase_gate
from stopwatch.core.status import GateStatus
from tests.core.test_exit import END, PILOT, PLAN, decision

MINUTE = timedelta(minutes=1)
PASSED: dict[str, object] = {"verdict": "pass", "summary": "pilot passes", "evidence": "0" * 64, "open": []}
WANTING = {"text": "no runbook", "wants": "record one"}
LACKING = PASSED | {"verdict": "not_provable", "summary": "pilot is not provable", "open": [WANTING]}


def judged(number: int, body: dict[str, object], scope: str = "pilot") -> Entry:
    return Entry(number, "t", EntryKind.JUDGEMENT, scope, "", body, "cli:ida", END + number * MINUTE)


def call(number: int, *, go: bool, on: int) -> Entry:
    body: dict[str, object] = {"go": go, "judgement": on, "reason": "I say so", "verdict": "pass", "against": not go}
    return Entry(number, "t", EntryKind.GO, "pilot", "go", body, "cli:ida", END + number * MINUTE)


def asked(*entries: Entry, live: tuple[Decision, ...] = (), later: timedelta = 10 * MINUTE) -> PhaseGate:
    return phase_gate(PLAN, PILOT, live, entries, now=END + later)


def texts(gate: PhaseGate) -> list[str]:
    return [reason.text for reason in gate.reasons]


def test_a_phase_that_passed_may_be_left() -> None:
    gate = asked(judged(1, LACKING), judged(2, PASSED), judged(3, LACKING, "wave-1"))
    assert (gate.open, gate.judgement and gate.judgement.number, gate.call) == (True, 2, None)


def test_without_a_judgement_it_says_how_to_get_one() -> None:
    assert texts(asked()) == ["pilot was never judged; run: stopwatch gate pilot"]


def test_what_the_judgement_lacked_is_told_with_what_would_help() -> None:
    gate = asked(judged(1, PASSED), judged(2, LACKING))
    assert texts(gate) == ["pilot is not provable", "no runbook; to pass: record one"]


def test_a_go_against_the_verdict_is_shown_and_opens_nothing() -> None:
    gate = asked(judged(2, LACKING), call(3, go=True, on=2))
    assert (gate.open, gate.call and gate.call.number) == (False, 3)


def test_a_no_go_closes_a_gate_that_passed_until_the_next_judgement_or_go() -> None:
    vetoed = (judged(1, PASSED), call(2, go=False, on=1))
    assert texts(asked(*vetoed)) == ["cli:ida said no-go on 2026-11-13T06:02:00Z: I say so"]
    assert asked(*vetoed, call(3, go=True, on=1)).open
    assert asked(*vetoed, judged(4, PASSED)).open


def test_a_judgement_of_yesterday_opens_nothing() -> None:
    assert asked(judged(0, PASSED), later=FRESH).open
    assert texts(asked(judged(0, PASSED), later=FRESH + MINUTE)) == [
        "the newest judgement is 1 d old, 1 d at most; run: stopwatch gate pilot"
    ]


@pytest.mark.parametrize("scope", ["ham-01", "_pilot", "_all"])
def test_a_decision_that_is_live_now_overtakes_the_judgement(scope: str) -> None:
    gate = asked(judged(1, PASSED), live=(decision(DecisionState.CONFIRMED, scope=scope),))
    assert texts(gate) == ["d1 is live (confirmed); end it and judge again"]
    elsewhere = replace(decision(), scope="lodz")
    assert asked(judged(1, PASSED), live=(elsewhere,)).open


def test_the_status_of_gates_is_that_of_their_newest_judgements_in_the_order_of_the_plan() -> None:
    wave = judged(3, PASSED, "wave-1")
    entries = [wave, judged(1, PASSED), judged(4, LACKING), call(5, go=True, on=4), judged(6, PASSED, "left-the-plan")]
    assert gate_statuses(PLAN, entries) == (
        GateStatus(PILOT.id, GateVerdict.NOT_PROVABLE, END + 4 * MINUTE, go=True),
        GateStatus(PLAN.phases[1].id, GateVerdict.PASS, wave.at),
    )
    stale = [judged(1, PASSED), call(2, go=True, on=1), judged(3, PASSED)]
    assert gate_statuses(PLAN, stale)[0].go is None
