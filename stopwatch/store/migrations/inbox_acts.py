"""Lets the inbox take further acts: as 0004 and 0009 do it, and later ones as long as its columns stay as they are."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

_RESULTS = (
    "result IN ('applied', 'repeated', 'stale', 'illegal', 'incomplete', 'refused', 'asked', 'unasked', 'noted', "
    "'rejected', 'unwritable')"
)


def take_acts(names: Sequence[str]) -> None:
    """Replace the constraint that lists the acts by one that lists *names*."""
    acts = f"act IN ({', '.join(map(repr, names))})"
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(acts)
        return
    op.drop_constraint(op.f("ck_inbox_act"), "inbox", type_="check")
    op.create_check_constraint(op.f("ck_inbox_act"), "inbox", acts)


def _rebuild(acts: str) -> None:
    """Copy the table: SQLite changes no constraint of one that stands."""
    op.drop_index("inbox_by_result", "inbox")
    op.rename_table("inbox", "inbox_before")
    op.create_table(
        "inbox",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("user", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("rev", sa.Integer(), nullable=True),
        sa.Column("shown", sa.Integer(), nullable=True),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.CheckConstraint("(result IS NULL) = (finished_at IS NULL)", name=op.f("ck_inbox_finished")),
        sa.CheckConstraint(acts, name=op.f("ck_inbox_act")),
        sa.CheckConstraint(_RESULTS, name=op.f("ck_inbox_result")),
        sa.CheckConstraint("way IN ('http', 'socket', 'thread')", name=op.f("ck_inbox_way")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_inbox")),
        sa.UniqueConstraint("number", name="inbox_number"),
        sa.UniqueConstraint("ticket", name="inbox_ticket"),
    )
    op.execute("INSERT INTO inbox SELECT * FROM inbox_before")
    op.drop_table("inbox_before")
    op.create_index("inbox_by_result", "inbox", ["result"], unique=False)
