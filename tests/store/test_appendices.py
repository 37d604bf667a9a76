"""Both databases keep an appendix beside its bundle, find it for proof and export, and let both go together."""

from __future__ import annotations

from stopwatch.core.appendix import APPENDED
from stopwatch.core.decision import Act
from stopwatch.core.proof import prove
from stopwatch.core.reading import Origin
from stopwatch.core.records import AuditEntry
from stopwatch.core.retention import EXPORTED
from stopwatch.store.sql import SqlStore
from stopwatch.watch.appending import Appending
from stopwatch.watch.retention import prune
from stopwatch.watch.starting import take_up
from tests.watch.letters import DAY, GRAIN, HAM, ROLLOUT, T0, LetterSource, rule, rule_set
from tests.watch.test_appending import CALM, LATER, OPENED
from tests.watch.world import World

SERIES = {("load", HAM): "C" * CALM + "BBBCC"}


def restarted(store: SqlStore) -> World:
    rules, source = rule_set(rule("load", step=GRAIN)), LetterSource(dict(SERIES))
    (watch,) = take_up(store, rules, {source.name: source}, {}, channel=lambda _site: None, catch_up=DAY)
    world = World(rules, source, store, watch, store)
    world.restart()
    world.run(T0, OPENED - GRAIN, every=GRAIN)
    world.restart()
    world.tick(OPENED)
    return world


def test_an_appendix_is_kept_proven_and_pruned_with_its_bundle(store: SqlStore) -> None:
    world = restarted(store)
    sources = {world.source.name: world.source}
    (outcome,) = Appending().pass_time(store, ROLLOUT, sources, lambda _name: Origin(), now=LATER)
    (decision,) = world.decisions()
    with store.reading() as view:
        rows = [row.body for row in view.audit_of(decision.id)]
        proofs = prove(decision, rows, view.evidence)
    assert [(proof.kind, proof.sha256, proof.findings) for proof in proofs] == [
        ("opening", outcome.of, ()),
        ("appendix", outcome.sha256, ()),
    ]
    assert (rows[-1]["act"], rows[-1]["evidence"]) == (APPENDED, outcome.sha256)
    assert store.verify_audit() is None
    world.act(decision.id, Act.DISMISS, LATER, category="false_alarm")
    with store.writing() as tx:
        tx.audit(AuditEntry(LATER + DAY, "cli:eva", "cli", EXPORTED, decision.id, details={"sums": "5" * 64}))
    assert prune(store, 30 * DAY, now=LATER + 31 * DAY) == 2
    with store.reading() as view:
        assert [view.evidence(str(proof.sha256)) for proof in proofs] == [None, None]
    world.watch.close()
