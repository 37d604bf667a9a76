"""Triggers that refuse to change or remove rows of append-only tables, in each dialect's words."""

from __future__ import annotations

_POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
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
