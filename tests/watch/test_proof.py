"""The evidence of a decision is held against its record: what was changed, swapped or lost is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from stopwatch.core.decision import Decision
from stopwatch.core.proof import Proof, prove
from tests.watch.letters import GRAIN, HAM, LODZ, T0, rule, rule_set
from tests.watch.world import Worlds

Record = tuple[Decision, list[Mapping[str, object]], dict[str, str]]


@pytest.fixture(scope="module")
def record(worlds: Worlds) -> Record:
    """A decision whose first ground recovered, the second holds and the third a person declared, with all records."""
    world = worlds.make(
        rule_set(rule("load", step=GRAIN), rule("delay", step=GRAIN), sites=(HAM, LODZ)),
        {("load", HAM): "CCBBBCCCC", ("delay", HAM): "CCCBBBBBB"},
    )
    world.run(T0, T0 + 9 * GRAIN, every=GRAIN)
    world.stop(T0 + 9 * GRAIN, site=HAM)
    with world.store.reading() as view:
        rows = [row.body for row in view.audit_rows()]
        hashes = {str(row["evidence"]) for row in rows if row["evidence"]}
        bodies = {sha256: view.evidence(sha256) or "" for sha256 in hashes}
    (decision,) = world.decisions()
    return decision, rows, bodies


def findings(proofs: list[Proof]) -> list[str]:
    return [f"{proof.ground} {proof.kind}: {found}" for proof in proofs for found in proof.findings]


def test_a_decision_as_it_was_recorded_is_proven_bundle_by_bundle(record: Record) -> None:
    decision, rows, bodies = record
    proofs = prove(decision, rows, bodies.get)
    assert findings(proofs) == []
    assert [str(proof.ground).partition("@")[0] + " " + proof.kind for proof in proofs] == [
        "load opening",
        "load recovery",
        "delay opening",
        "sev1 opening",
    ]


def swapped(record: Record) -> Record:
    decision, rows, bodies = record
    load, delay, stop = decision.grounds
    grounds = (replace(load, evidence=delay.evidence), replace(delay, evidence=load.evidence), stop)
    return replace(decision, grounds=grounds), rows, bodies


def lost(record: Record) -> Record:
    decision, rows, _ = record
    return decision, rows, {}


def unaudited(record: Record) -> Record:
    decision, _, bodies = record
    return decision, [], bodies


def spoilt(record: Record) -> Record:
    decision, rows, bodies = record
    return decision, rows, {sha256: body.replace("9.0", "8.0") for sha256, body in bodies.items()}


def moved(record: Record) -> Record:
    decision, rows, bodies = record
    load, *others = decision.grounds
    return replace(decision, grounds=(replace(load, recovered_at=T0, opened_at=T0), *others)), rows, bodies


def shortened(record: Record) -> Record:
    decision, rows, bodies = record
    return replace(decision, grounds=decision.grounds[:1]), rows, bodies


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param(swapped, "rule: the bundle says delay, the record load", id="bundles swapped"),
        pytest.param(swapped, "the audit row names the bundle", id="bundles swapped, as the audit tells"),
        pytest.param(lost, "its bundle is not stored", id="bundles lost"),
        pytest.param(unaudited, "no audit row records this recovery", id="audit rows lost"),
        pytest.param(spoilt, "it was changed after it was frozen", id="a value changed"),
        pytest.param(shortened, "the audit records this ground, the decision has none such", id="grounds removed"),
        pytest.param(moved, "recovery slot: the bundle says", id="the record's times changed"),
        pytest.param(moved, "opening slot: the bundle says", id="the record's opening changed"),
    ],
)
def test_what_no_longer_fits_is_named(record: Record, change: Callable[[Record], Record], words: str) -> None:
    decision, rows, bodies = change(record)
    assert any(words in found for found in findings(prove(decision, rows, bodies.get)))
