"""What a person or an alert said is frozen with the place it holds at and how that stood, and proves itself."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.decision import Decision
from stopwatch.core.proof import Proof, prove
from stopwatch.core.records import Activation
from stopwatch.core.stop import Alert
from stopwatch.watch.acts.alerts import take_alerts
from stopwatch.watch.rollout.drills import drill
from tests.watch.letters import HAM, LODZ, MINUTE, ROLLOUT, T0, WAVE, rule, rule_set
from tests.watch.world import World, Worlds

NOW = T0 + 30 * MINUTE


@pytest.fixture
def world(worlds: Worlds) -> World:
    rules = rule_set(rule("load"), sites=(HAM, LODZ))
    sites = {site: replace(known, on_call=f"U0{site.upper()}") for site, known in rules.plan.sites.items()}
    return worlds.make(replace(rules, plan=replace(rules.plan, sites=sites)), {})


def frozen(world: World, decision: Decision) -> dict[str, Any]:
    with world.store.reading() as view:
        found: dict[str, Any] = json.loads(view.evidence(decision.grounds[-1].evidence or "") or "null")
    return found


def proofs(world: World, decision: Decision) -> list[Proof]:
    with world.store.reading() as view:
        return prove(decision, [row.body for row in view.audit_rows()], view.evidence)


def test_a_stop_at_a_site_holds_who_said_what_where_and_how_the_site_stood(world: World) -> None:
    with world.store.writing() as tx:
        tx.save_activation(Activation(ROLLOUT, HAM, T0, "plan:0", T0))
    decision, _ = world.stop(NOW, site=HAM)
    bundle = frozen(world, decision)
    said = {"criterion": "sev1", "reason": "seen on the floor", "actor": "cli:eva", "at": "2026-11-21T10:30:00Z"}
    where = {"scope": "ham-01", "site": "ham-01", "site_name": "Ham-01", "phase": "pilot", "timezone": "Europe/Berlin"}
    assert bundle.items() >= {**said, **where, "on_call": "U0HAM-01", "revision": "0" * 64}.items()
    assert bundle["activation"]["at"] == bundle["last_change"]["at"] == "2026-11-21T10:00:00Z"
    assert [proof.findings for proof in proofs(world, decision)] == [()]


def test_a_wide_stop_names_its_phase_and_all_who_are_on_call(world: World) -> None:
    decision, _ = world.stop(NOW, phase=WAVE)
    bundle = frozen(world, decision)
    assert (bundle["scope"], bundle["phase"], bundle["on_call"]) == ("_wave-1", "wave-1", ["U0LODZ"])
    assert "site" not in bundle
    assert [proof.findings for proof in proofs(world, decision)] == [()]


def test_the_same_words_at_two_sites_are_two_bundles(world: World) -> None:
    (ham, _), (lodz, _) = world.stop(NOW, site=HAM), world.stop(NOW, site=LODZ)
    assert ham.grounds[0].evidence != lodz.grounds[0].evidence


def test_an_alert_is_kept_with_its_labels_and_its_fingerprint(world: World) -> None:
    labels = {"site": HAM, "criterion": "sev1", "team": "wms"}
    alert = Alert("abc123", resolved=False, labels=labels, annotations={"summary": "nothing ships"})
    with world.store.writing() as tx:
        take_alerts(tx, world.desk, [alert], actor="api:am", now=NOW)
    (decision,) = world.decisions()
    assert frozen(world, decision).items() >= {"labels": labels, "fingerprint": "abc123", "actor": "api:am"}.items()
    assert [proof.findings for proof in proofs(world, decision)] == [()]


def test_a_drill_proves_itself_too(world: World) -> None:
    decision, _ = drill(world.desk, HAM, actor="cli:bo", transport="cli", now=NOW)
    assert [proof.findings for proof in proofs(world, decision)] == [()]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("scope", "lodz", "scope: the bundle says lodz, the record ham-01", id="said of another site"),
        pytest.param("at", "2026-11-21T10:29:00Z", "time: the bundle says 2026-11-21T10:29:00Z", id="said before"),
        pytest.param("criterion", "sev2", "criterion: the bundle says sev2", id="another criterion"),
        pytest.param("actor", "", "the bundle of a manual stop names no actor", id="nobody"),
    ],
)
def test_words_that_were_made_up_do_not_fit_the_record(world: World, name: str, value: str, words: str) -> None:
    decision, _ = world.stop(NOW, site=HAM)
    forged = {**frozen(world, decision), name: value}
    sha256 = content_hash(forged)
    ground = replace(decision.grounds[0], evidence=sha256)
    row = {"decision": decision.id, "act": "pause", "evidence": sha256, "details": {"ground": ground.id}}
    (proof,) = prove(replace(decision, grounds=(ground,)), [row], {sha256: canonical_json(forged)}.get)
    assert any(words in found for found in proof.findings), proof
