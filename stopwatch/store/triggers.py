"""Triggers that refuse to change or remove rows of append-only tables, in each dialect's words."""

from __future__ import annotations

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$
"""


_POSTGRESQL_PRUNING = """
CREATE OR REPLACE FUNCTION refuse_unpruned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pruned WHERE pruned.sha256 = OLD.sha256) THEN
        RAISE EXCEPTION 'evidence is append-only';
    END IF;
    RETURN OLD;
END
$$
"""


def append_only(dialect: str, tables: tuple[str, ...]) -> list[str]:
    """Return the statements that make *tables* append-only in *dialect*, ``sqlite`` or ``postgresql``."""
    if dialect == "postgresql":
        return [_POSTGRESQL_FUNCTION, *(_postgresql(table) for table in tables)]
    return [_sqlite(table, act) for table in tables for act in ("update", "delete")]


def _postgresql(table: str) -> str:
    return (
        f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def _sqlite(table: str, act: str) -> str:
    return (
        f"CREATE TRIGGER {table}_refuses_{act} BEFORE {act.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


def prunable(dialect: str) -> list[str]:
    """Return the statements that let a row of ``evidence`` go once ``pruned`` holds what is left of it."""
    if dialect == "postgresql":
        standing = "BEFORE UPDATE OR TRUNCATE ON evidence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        going = "BEFORE DELETE ON evidence FOR EACH ROW EXECUTE FUNCTION refuse_unpruned()"
        return [
            _POSTGRESQL_PRUNING,
            "DROP TRIGGER evidence_is_append_only ON evidence",
            f"CREATE TRIGGER evidence_is_append_only {standing}",
            f"CREATE TRIGGER evidence_refuses_delete {going}",
        ]
    unless = "NOT EXISTS (SELECT 1 FROM pruned WHERE pruned.sha256 = OLD.sha256)"
    refused = "BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END"
    return [
        "DROP TRIGGER evidence_refuses_delete",
        f"CREATE TRIGGER evidence_refuses_delete BEFORE DELETE ON evidence WHEN {unless} {refused}",
    ]
