"""The ledger keeps what people recorded: numbered, in order, unchangeable, all or nothing."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from stopwatch.core.errors import StoreError
from stopwatch.core.ledger import Entry, EntryKind, entry
from stopwatch.store.connect import open_store
from stopwatch.store.records import SqlWriter
from stopwatch.store.sql import SqlStore
from tests.store.values import MINUTE, ROLLOUT, T0, json_objects

DONE = entry(ROLLOUT, EntryKind.DONE, "ham-01", "uat", body={"link": "https://wiki/uat"}, actor="cli:ida", at=T0)
RUNBOOK = entry(ROLLOUT, EntryKind.RUNBOOK, "pilot", actor="api:eva", at=T0 + MINUTE)


def test_entries_are_numbered_across_rollouts_and_read_oldest_first(store: SqlStore) -> None:
    with store.writing() as writer:
        first = writer.record(DONE)
        other = writer.record(replace(DONE, rollout="other"))
    with store.writing() as writer:
        second = writer.record(replace(RUNBOOK, at=T0 - MINUTE))
    assert [first.number, other.number, second.number] == [1, 2, 3]
    with store.reading() as reader:
        assert reader.entries(ROLLOUT) == [replace(DONE, number=1), replace(RUNBOOK, at=T0 - MINUTE, number=3)]


def test_entries_are_found_by_kind_and_by_scope(store: SqlStore) -> None:
    with store.writing() as writer:
        done, runbook = writer.record(DONE), writer.record(RUNBOOK)
        there = writer.record(replace(DONE, scope="lodz"))
        assert writer.entries(ROLLOUT, kind=EntryKind.DONE) == [done, there]
        assert writer.entries(ROLLOUT, scope="pilot") == [runbook]
        assert writer.entries(ROLLOUT, kind=EntryKind.DONE, scope="lodz") == [there]
        assert writer.entries(ROLLOUT, kind=EntryKind.DONE, scope="pilot") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(body=json_objects)
def test_any_json_comes_back_as_it_was_recorded(writer: SqlWriter, body: dict[str, object]) -> None:
    recorded = writer.record(replace(DONE, body=body))
    assert writer.entries(ROLLOUT)[-1] == recorded
    assert recorded.body == body


def record_two(store: SqlStore, first: Entry, second: Entry) -> None:
    with store.writing() as writer:
        writer.record(first)
        writer.record(second)


def test_an_entry_of_a_transaction_that_failed_was_never_there(store: SqlStore, url: str) -> None:
    with pytest.raises(StoreError, match="time zone"):
        record_two(store, DONE, replace(RUNBOOK, at=T0.replace(tzinfo=None)))
    reopened = open_store(url)
    try:
        with reopened.writing() as writer:
            assert writer.entries(ROLLOUT) == []
            assert writer.record(RUNBOOK).number == 1
    finally:
        reopened.close()


def test_the_newest_entry_of_each_kind_and_scope_is_found_without_reading_the_others(store: SqlStore) -> None:
    with store.writing() as writer:
        writer.record(DONE)
        done, runbook = writer.record(DONE), writer.record(RUNBOOK)
        there = writer.record(replace(DONE, scope="lodz"))
        writer.record(replace(DONE, rollout="other"))
        assert writer.newest_entries(ROLLOUT, EntryKind.DONE, EntryKind.RUNBOOK) == [done, runbook, there]
        assert writer.newest_entries(ROLLOUT, EntryKind.DRILL) == []
