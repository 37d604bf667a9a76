"""Both databases let a bundle go only once they hold what is left of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from stopwatch.core.decision import DecisionState
from stopwatch.core.errors import StoreError
from stopwatch.core.retention import EXPORTED, Prunable, Pruned
from stopwatch.store.sql import SqlStore
from tests.store.values import T0, acted, decision, entry

SHA256, SUMS = "a" * 64, "5" * 64
HOUR = timedelta(hours=1)


def filled(store: SqlStore) -> None:
    with store.writing() as writer:
        ended = acted(decision(), DecisionState.RESUMED)
        writer.save_decision(ended, rev_before=None)
        for sha256 in (SHA256, "b" * 64):
            writer.save_evidence(sha256, "{}", T0)
        writer.audit(entry("decision.open", decision=ended.id, evidence=SHA256))
        writer.audit(entry(EXPORTED, at=T0 + 9 * HOUR, decision=ended.id, details={"sums": SUMS}))
        writer.audit(entry("ground.recover", decision=ended.id, evidence="b" * 64))


def test_bundles_may_go_once_an_export_holds_all_of_them(store: SqlStore) -> None:
    filled(store)
    with store.reading() as view:
        ended = next(iter(view.decisions("wms-4-12")))
        assert ended.ended_at is not None
        assert view.prunable(ended.ended_at + HOUR) == [], "one of them was recorded after the export"
    with store.writing() as writer:
        writer.audit(entry(EXPORTED, at=T0 + 10 * HOUR, decision=ended.id, details={"sums": SUMS}))
    with store.reading() as view:
        found = view.prunable(ended.ended_at + HOUR)
        assert found == [Prunable(ended.id, sha256, T0 + 10 * HOUR, SUMS) for sha256 in (SHA256, "b" * 64)]
        assert view.prunable(ended.ended_at) == []


def test_what_is_left_takes_the_place_of_the_bundle(store: SqlStore) -> None:
    filled(store)
    left = Pruned(SHA256, "{}", T0 + 10 * HOUR, T0 + 9 * HOUR, SUMS)
    with store.writing() as writer:
        writer.prune(left)
    with store.reading() as view:
        assert (view.evidence(SHA256), view.pruned(SHA256)) == (None, left)
        assert (view.evidence("b" * 64), view.pruned("b" * 64)) == ("{}", None)


@pytest.mark.parametrize("statement", ["DELETE FROM evidence", "UPDATE evidence SET body = ''"])
def test_nothing_else_may_go(store: SqlStore, statement: str) -> None:
    filled(store)
    with store.writing() as writer:
        writer.prune(Pruned(SHA256, "{}", T0, T0, SUMS))
    with pytest.raises(StoreError, match="evidence is append-only"), store.writing() as writer:
        writer.connection.execute(text(statement))
