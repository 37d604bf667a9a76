"""What people record is an entry and a row of the audit, both or none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from stopwatch.core.errors import StoreError
from stopwatch.core.ledger import EntryKind, entry, newest
from stopwatch.store.schema import audit
from stopwatch.watch.rollout.ledger import record
from tests.watch.letters import HAM, LODZ, MINUTE, ROLLOUT, T0, rule, rule_set
from tests.watch.world import World, Worlds

UAT = entry(ROLLOUT, EntryKind.DONE, HAM, "uat", body={"link": "https://wiki/uat"}, actor="cli:ida", at=T0)


@pytest.fixture
def world(worlds: Worlds) -> World:
    return worlds.make(rule_set(rule("load")), {("load", HAM): "CCC"})


def test_an_entry_is_recorded_with_its_row_of_the_audit(world: World) -> None:
    recorded = record(world.desk, UAT, transport="cli", reason="walked through")
    with world.store.reading() as view:
        assert view.entries(ROLLOUT) == [recorded]
        row = view.connection.execute(select(audit)).one()
    assert (row.act, row.actor, row.transport, row.reason) == ("rollout.done", "cli:ida", "cli", "walked through")
    assert row.details == {"number": 1, "scope": HAM, "item": "uat", "body": {"link": "https://wiki/uat"}}
    assert world.store.verify_audit() is None


def test_an_entry_that_cannot_be_audited_is_not_recorded(world: World) -> None:
    with pytest.raises(StoreError):
        record(world.desk, UAT, transport=None)  # type: ignore[arg-type] # the audit refuses a row without one
    with world.store.reading() as view:
        assert view.entries(ROLLOUT) == []


def test_the_entry_recorded_last_counts_whatever_time_it_names(world: World) -> None:
    for made in (UAT, replace(UAT, at=T0 - MINUTE, actor="cli:eva"), replace(UAT, scope=LODZ)):
        record(world.desk, made, transport="cli")
    with world.store.reading() as view:
        entries = view.entries(ROLLOUT)
    last = newest(entries, EntryKind.DONE, HAM, "uat")
    assert last is not None
    assert (last.number, last.actor) == (2, "cli:eva")
    assert newest(entries, EntryKind.DONE, HAM, "training") is None
    assert newest(entries, EntryKind.RUNBOOK, HAM) is None
