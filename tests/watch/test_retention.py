"""Samples go only of decisions that are over and were exported since; whatever proves them stays."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from stopwatch.core.decision import Act, DecisionId
from stopwatch.core.errors import StoreError
from stopwatch.core.proof import prove
from stopwatch.core.records import AuditEntry
from stopwatch.core.retention import EXPORTED, head_of
from stopwatch.watch.retention import prune
from tests.watch.letters import GRAIN, HAM, T0, rule, rule_set
from tests.watch.test_evidence import bundles
from tests.watch.world import World, Worlds

OVER = T0 + 10 * GRAIN
DAY = timedelta(days=1)


def ended(worlds: Worlds, *, manual: bool = False) -> tuple[World, DecisionId]:
    """A decision that opened, recovered and was resumed at `OVER`."""
    world = worlds.make(rule_set(rule("load", step=GRAIN)), {("load", HAM): "CCBBBCCCC"})
    world.run(T0, T0 + 9 * GRAIN, every=GRAIN)
    if manual:
        world.stop(T0 + 9 * GRAIN, site=HAM)
    (decision,) = world.decisions()
    act = Act.DISMISS if manual else Act.RESUME
    world.act(decision.id, act, OVER, category="false_alarm" if manual else None)
    return world, decision.id


def export(world: World, decision: DecisionId, at: datetime) -> None:
    with world.store.writing() as tx:
        details = {"sums": "5" * 64, "files": 9}
        tx.audit(AuditEntry(at, "cli:eva", "cli", EXPORTED, decision, details=details))


def kept(world: World) -> list[str]:
    return [sha256 for sha256, body in bundles(world) if body]


@pytest.mark.parametrize(
    ("exported", "now", "left"),
    [
        pytest.param(OVER + DAY, OVER + 31 * DAY, 0, id="over, exported, old enough"),
        pytest.param(OVER + DAY, OVER + 30 * DAY, 2, id="not yet old enough"),
        pytest.param(None, OVER + 999 * DAY, 2, id="never exported"),
        pytest.param(OVER - GRAIN, OVER + 999 * DAY, 2, id="exported before it was over"),
    ],
)
def test_samples_go_when_they_are_old_and_filed(
    worlds: Worlds, exported: datetime | None, now: datetime, left: int
) -> None:
    world, decision = ended(worlds)
    if exported is not None:
        export(world, decision, exported)
    assert prune(world.store, 30 * DAY, now=now) == 2 - left
    assert len(kept(world)) == left


def test_a_decision_that_still_holds_is_never_pruned(worlds: Worlds) -> None:
    world = worlds.make(rule_set(rule("load", step=GRAIN)), {("load", HAM): "CCBBBCCCC"})
    world.run(T0, T0 + 9 * GRAIN, every=GRAIN)
    export(world, world.decisions()[0].id, OVER)
    assert prune(world.store, 30 * DAY, now=OVER + 999 * DAY) == 0


def test_what_is_left_says_where_the_whole_is(worlds: Worlds) -> None:
    world, decision = ended(worlds)
    opening, recovery = bundles(world)
    export(world, decision, OVER + DAY)
    prune(world.store, 30 * DAY, now=OVER + 31 * DAY)
    with world.store.reading() as view:
        left = view.pruned(opening[0])
        rows = [row.body for row in view.audit_rows()]
        proofs = prove(world.decisions()[0], rows, view.evidence)
    assert left is not None
    head = json.loads(left.head)
    assert left.head == head_of(opening[1])
    assert (head["site"], head["verdict"]["outcome"], "classes" in head) == ("ham-01", "breach", False)
    assert (head["conditions"][0]["query"], "values" in head["conditions"][0]) == ("load", False)
    assert world.audited()[-1] == ("daemon", "evidence.prune")
    details = rows[-1]["details"]
    assert isinstance(details, dict)
    assert details["bundles"] == [opening[0], recovery[0]]
    assert [(proof.findings, "evidence verify --file" in (proof.pruned or "")) for proof in proofs] == [((), True)] * 2
    assert prune(world.store, 30 * DAY, now=OVER + 99 * DAY) == 0, "once is enough"


def test_what_a_person_said_has_no_samples_and_stays(worlds: Worlds) -> None:
    world, decision = ended(worlds, manual=True)
    export(world, decision, OVER + DAY)
    assert prune(world.store, 30 * DAY, now=OVER + 31 * DAY) == 2
    assert [json.loads(body)["criterion"] for _, body in bundles(world) if body] == ["sev1"]


def test_the_records_refuse_to_lose_a_bundle_of_which_nothing_is_left(worlds: Worlds) -> None:
    world, _ = ended(worlds)
    with pytest.raises(StoreError, match="evidence is append-only"), world.store.writing() as tx:
        tx.connection.exec_driver_sql("DELETE FROM evidence")


def test_a_bundle_that_somebody_spoilt_stays_to_be_found(worlds: Worlds) -> None:
    world, decision = ended(worlds)
    with world.store.writing() as tx:
        tx.connection.exec_driver_sql("DROP TRIGGER evidence_refuses_update")
        tx.connection.exec_driver_sql("UPDATE evidence SET body = '[' || body")
    export(world, decision, OVER + DAY)
    assert prune(world.store, 30 * DAY, now=OVER + 31 * DAY) == 0
    assert len(kept(world)) == 2
