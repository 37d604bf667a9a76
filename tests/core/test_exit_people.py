"""What people owe at an exit gate: no severe issue, and signatures that nobody took back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stopwatch.core.change import ChangeRecord, ChangeType
from stopwatch.core.exit.check import GateVerdict
from stopwatch.core.ledger import Entry, EntryKind
from tests.core.test_exit import GO_LIVE, HAM, LODZ, MINUTE, PASS, PLAN, RUNBOOK, SEEN, SIGNED, entry, judged, only_open

EMERGENCY = replace(PLAN, change=ChangeRecord(type=ChangeType.EMERGENCY))


def test_an_issue_that_was_resolved_or_is_elsewhere_or_slight_does_not_count() -> None:
    entries = (
        entry(EntryKind.ISSUE, HAM, "i-1", severity="sev1", status="open"),
        entry(EntryKind.ISSUE, HAM, "i-1", number=2, severity="sev1", status="resolved"),
        entry(EntryKind.ISSUE, LODZ, "i-2", severity="sev1", status="open"),
        entry(EntryKind.ISSUE, HAM, "i-3", severity="sev3", status="open"),
    )
    assert judged(replace(SEEN, entries=(*SEEN.entries, *entries))).verdict is PASS


def test_a_sign_off_counts_for_every_site_and_only_since_go_live() -> None:
    by_site = replace(SIGNED, scope=HAM)
    assert judged(replace(SEEN, entries=(by_site, RUNBOOK))).verdict is PASS
    early = replace(SIGNED, at=GO_LIVE - MINUTE)
    assert only_open(judged(replace(SEEN, entries=(early, RUNBOOK)))).code == "sign-off"


def test_a_role_that_refuses_fails_the_gate_until_it_signs() -> None:
    refusal = entry(EntryKind.SIGN_OFF, HAM, "warehouse-lead", number=2, ok=False, note="labels jam")
    found = only_open(judged(replace(SEEN, entries=(SIGNED, RUNBOOK, refusal))))
    assert (found.verdict, found.text) == (
        GateVerdict.FAIL,
        "warehouse-lead refuses to sign off ham-01 (cli:ida): labels jam",
    )
    signed = entry(EntryKind.SIGN_OFF, HAM, "warehouse-lead", number=3, ok=True)
    assert judged(replace(SEEN, entries=(SIGNED, RUNBOOK, refusal, signed))).verdict is PASS


def test_a_signature_for_the_whole_rollout_counts_and_one_for_another_phase_does_not() -> None:
    assert judged(replace(SEEN, entries=(replace(SIGNED, scope="_all"), RUNBOOK))).verdict is PASS
    assert only_open(judged(replace(SEEN, entries=(replace(SIGNED, scope="wave-1"), RUNBOOK)))).code == "sign-off"


HELD = entry(EntryKind.DONE, "pilot", "retrospective", number=2, done=True)


@pytest.mark.parametrize(
    ("later", "why"),
    [
        pytest.param([], "not recorded; stopwatch rollout done pilot retrospective --link URL", id="never recorded"),
        pytest.param(
            [HELD, entry(EntryKind.DONE, "pilot", "retrospective", number=3, done=False, note="half of us were away")],
            "withdrawn by cli:ida on 2026-11-06: half of us were away",
            id="withdrawn",
        ),
        pytest.param(
            [entry(EntryKind.DONE, "pilot", "retrospective", number=2, expires="2026-11-07T00:00:00+00:00")],
            "expired on 2026-11-07; it was recorded by cli:ida on 2026-11-06",
            id="expired",
        ),
    ],
)
def test_a_retrospective_counts_as_readiness_counts_its_items(later: list[Entry], why: str) -> None:
    assert judged(replace(SEEN, entries=(*SEEN.entries, HELD)), EMERGENCY).verdict is PASS
    found = only_open(judged(replace(SEEN, entries=(*SEEN.entries, *later)), EMERGENCY))
    assert (found.code, found.text) == ("retrospective", f"the retrospective of the emergency change: {why}")
