"""The audit chain holds, nothing of it can be changed in place, and what was changed elsewhere is found."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from stopwatch.core.audit import GENESIS, chain_hash
from stopwatch.core.decision import DecisionState
from stopwatch.core.errors import StoreError
from stopwatch.core.ledger import EntryKind
from stopwatch.core.ledger import entry as recorded
from stopwatch.core.records import Activation, AuditEntry
from stopwatch.core.retention import Pruned
from stopwatch.store.chain import AuditRow, verify
from stopwatch.store.connect import open_store
from stopwatch.store.records import SqlWriter
from stopwatch.store.schema import APPEND_ONLY, audit
from stopwatch.store.sql import SqlStore
from tests.store.values import HAM, ROLLOUT, T0, acted, decision, entry, instants, json_objects, texts, words

entries = st.builds(
    AuditEntry,
    at=instants,
    actor=words,
    transport=words,
    act=words,
    decision=st.none() | words,
    rev_before=st.none() | st.integers(0, 99),
    rev_after=st.none() | st.integers(0, 99),
    reason=st.none() | texts,
    evidence=st.none() | words,
    details=json_objects,
)


def chain(store: SqlStore) -> list[AuditRow]:
    with store.reading() as reader:
        return list(reader.audit_rows())


def filled(store: SqlStore) -> None:
    """Put something into every table that only grows."""
    with store.writing() as writer:
        writer.save_decision(acted(decision(), DecisionState.CONFIRMED), rev_before=None)
        writer.save_evidence("a" * 64, "{}", T0)
        writer.prune(Pruned("b" * 64, "{}", T0, T0, "c" * 64))
        writer.save_activation(Activation(ROLLOUT, HAM, T0, "cli:eva", T0))
        writer.record(recorded(ROLLOUT, EntryKind.RUNBOOK, HAM, actor="cli:eva", at=T0))
        full = {"decision": "d", "rev_before": 1, "rev_after": 2, "reason": "r", "evidence": "e", "details": {"a": 1}}
        for act in ("first", "second", "third"):
            writer.audit(entry(act, **full))


def test_an_empty_chain_begins_with_zeros_and_verifies(store: SqlStore) -> None:
    with store.reading() as reader:
        assert reader.audit_head() == GENESIS
    assert store.verify_audit() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(added=st.lists(entries, min_size=1, max_size=4))
def test_every_entry_continues_the_chain_and_can_be_verified(writer: SqlWriter, added: list[AuditEntry]) -> None:
    before = len(list(writer.audit_rows()))
    heads = [writer.audit(item) for item in added]
    assert writer.audit_head() == heads[-1]
    rows = list(writer.audit_rows())[before:]
    assert [row.hash for row in rows] == heads
    assert [row.seq for row in rows] == list(range(before + 1, before + 1 + len(added)))
    assert all(row.hash == chain_hash(row.previous, row.body) for row in rows)
    assert verify(writer.connection) is None


def test_the_hash_covers_every_field_of_the_entry_and_the_number(store: SqlStore) -> None:
    filled(store)
    row = chain(store)[0]
    assert row.body == {
        "seq": 1,
        "at": "2026-11-21T10:15:00.000000Z",
        "actor": "daemon",
        "transport": "daemon",
        "act": "first",
        "decision": "d",
        "rev_before": 1,
        "rev_after": 2,
        "reason": "r",
        "evidence": "e",
        "details": {"a": 1},
    }


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET at = at"])
def test_rows_that_only_grow_refuse_update_and_delete(store: SqlStore, table: str, statement: str) -> None:
    filled(store)
    with pytest.raises(StoreError, match=f"{table} is append-only"), store.writing() as writer:
        writer.connection.execute(text(statement.format(table)))
    with store.reading() as reader:
        assert reader.connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() > 0  # noqa: S608 - our own table


@pytest.mark.parametrize("column", audit.columns.keys())
def test_a_changed_column_of_any_row_is_found(store: SqlStore, column: str) -> None:
    filled(store)
    value = "99" if column == "seq" else "7" if column.startswith("rev") else "'\"x\"'"
    with store.writing() as writer:
        for statement in _without_triggers(writer.connection.dialect.name):
            writer.connection.execute(text(statement))
        writer.connection.execute(text(f"UPDATE audit SET {column} = {value} WHERE seq = 2"))  # noqa: S608 - columns of our own
    assert store.verify_audit() == (3 if column == "seq" else 2)


def test_a_removed_row_is_found(store: SqlStore) -> None:
    filled(store)
    with store.writing() as writer:
        for statement in _without_triggers(writer.connection.dialect.name):
            writer.connection.execute(text(statement))
        writer.connection.execute(text("DELETE FROM audit WHERE seq = 1"))
    assert store.verify_audit() == 2


def test_details_that_are_no_json_any_more_are_found_and_break_nothing(file: Path) -> None:
    store = open_store(f"sqlite:///{file}")
    filled(store)
    with closing(sqlite3.connect(file)) as intruder:
        intruder.execute("DROP TRIGGER audit_refuses_update")
        intruder.execute("UPDATE audit SET details = ? WHERE seq = 3", ["[" * 100_000])
        intruder.commit()
    assert store.verify_audit() == 3
    store.close()


def _without_triggers(dialect: str) -> list[str]:
    if dialect == "sqlite":
        return ["DROP TRIGGER audit_refuses_update", "DROP TRIGGER audit_refuses_delete"]
    return ["DROP TRIGGER audit_is_append_only ON audit"]
