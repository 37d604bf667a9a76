"""The verdict upon a roll-back is proven from its bundle alone, shown with the decision and filed with it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.decision import DecisionState
from stopwatch.core.evidence import verify
from stopwatch.core.filed_proof import verify_filed
from stopwatch.core.proof import Proof, prove
from stopwatch.web.filing import filed
from stopwatch.web.pages.rollback_view import rollback_view
from tests.watch.test_rollback import Played
from tests.watch.world import Worlds

pytestmark = pytest.mark.slow

BACK, AWAY = "BB" + "C" * 20, "C" * 4 + "R" * 30


@pytest.mark.parametrize(
    ("letters", "delay", "state"),
    [
        pytest.param("C" * 20, "BBBB", DecisionState.FLAGGED, id="flagged by a new ground"),
        pytest.param(BACK, "", DecisionState.VERIFIED, id="verified"),
        pytest.param(AWAY, "", DecisionState.FLAGGED, id="flagged"),
        pytest.param("BM" + "C" * 20, "", DecisionState.VERIFIED, id="verified after a gap"),
    ],
)
def test_a_verdict_is_proven_and_filed_with_its_decision(
    worlds: Worlds, letters: str, delay: str, state: DecisionState
) -> None:
    played = Played(worlds, letters, delay)
    played.run(range(7, 30))
    decision = played.decision
    assert decision.state is state
    with played.world.store.reading() as view:
        rows = [{"previous": row.previous, "hash": row.hash, **row.body} for row in view.audit_of(decision.id)]
        proof = prove(decision, rows, view.evidence)[-1]
        files = filed(decision, rows, view.evidence)
    assert (proof.ground, proof.kind, proof.findings) == (None, "rollback", ())
    assert f"evidence/{proof.sha256}.json" in files
    assert verify_filed(files) == []
    page = files["index.html"].decode()
    assert f'<dt>outcome</dt><dd class="num">{state.value}' in page.partition("Verification of the roll-back")[2]
    assert f'rollback bundle <code>{proof.sha256}</code> <span class="proven">proven</span>' in page


def test_a_verdict_is_shown_with_what_was_asked_for_and_how_each_kpi_stood(bundle: dict[str, Any]) -> None:
    proof = Proof(None, "rollback", "0" * 64, ())
    facts = dict(rollback_view(proof, {"0" * 64: canonical_json(bundle)}.get, ZoneInfo("Europe/Berlin")).facts)
    assert facts["outcome"].startswith("verified, every required KPI was inside the band")
    assert (facts["judged"], facts["inside since"]) == ("2026-11-21 11:14 CET", "2026-11-21 11:09 CET")
    assert facts["asked for"] == "all KPIs inside their band for 5 min, within 20 min"
    assert facts["slots inside, outside, missing"] == "6, 3, 0"
    assert facts["load at ham-01"] == "1; at most 1.2, baseline 1"
    spoilt = {**bundle, "at": "soon"}
    assert not rollback_view(proof, {"0" * 64: canonical_json(spoilt)}.get, ZoneInfo("Europe/Berlin")).facts


@pytest.fixture(scope="module")
def bundle(worlds: Worlds) -> dict[str, Any]:
    """What a roll-back was verified by."""
    played = Played(worlds, BACK)
    played.run(range(7, 20))
    with played.world.store.reading() as view:
        found = json.loads(view.evidence(str(played.decision.acts[-1].details["evidence"])) or "")
    assert isinstance(found, dict)
    return found


def outside(bundle: dict[str, Any]) -> None:
    bundle["conditions"][0]["values"][3] = 99.0


def reclassed(bundle: dict[str, Any]) -> None:
    outside(bundle)
    bundle["classes"] = bundle["classes"][:3] + "O" + bundle["classes"][4:]


def sooner(bundle: dict[str, Any]) -> None:
    bundle["at"] = bundle["rolled_back_at"]


def elsewhere(bundle: dict[str, Any]) -> None:
    bundle["inside_since"] = bundle["rolled_back_at"]


def flagged(bundle: dict[str, Any]) -> None:
    bundle["outcome"] = "flagged"


def shifted(bundle: dict[str, Any]) -> None:
    bundle["first_slot"] = bundle["at"]


def unreadable(bundle: dict[str, Any]) -> None:
    bundle["conditions"] = None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(outside, "other classes than the bundle says", id="a value"),
        pytest.param(reclassed, "the clock gives open", id="a value and its class"),
        pytest.param(sooner, "before the KPIs had been inside the band for long enough", id="a time"),
        pytest.param(elsewhere, "from another slot on", id="since when"),
        pytest.param(flagged, "and no ground flags it", id="the outcome"),
        pytest.param(shifted, "not the one after the roll-back", id="the first slot"),
        pytest.param(unreadable, "cannot be read", id="no conditions"),
    ],
)
def test_a_verdict_that_does_not_follow_is_named(
    bundle: dict[str, Any], change: Callable[[dict[str, Any]], None], words: str
) -> None:
    spoilt = json.loads(canonical_json(bundle))
    assert verify(spoilt) == []
    change(spoilt)
    assert content_hash(spoilt) != content_hash(bundle)
    assert any(words in told for told in verify(spoilt)), verify(spoilt)
