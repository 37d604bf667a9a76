"""The inbox as 0002 made it and later revisions let it take further acts, as long as its columns stay as they are."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

_RESULTS = (
    "result IN ('applied', 'repeated', 'stale', 'illegal', 'incomplete', 'refused', 'asked', 'unasked', 'noted', "
    "'rejected', 'unwritable')"
)


def create_inbox(names: Sequence[str]) -> None:
    """Make the table; it takes the acts *names*."""
    _create(_listed(names))
    _index()


def take_acts(names: Sequence[str]) -> None:
    """Replace the constraint that lists the acts by one that lists *names*."""
    acts = _listed(names)
    if op.get_bind().dialect.name == "sqlite":
        _rebuild(acts)
        return
    op.drop_constraint(op.f("ck_inbox_act"), "inbox", type_="check")
    op.create_check_constraint(op.f("ck_inbox_act"), "inbox", acts)


def _listed(names: Sequence[str]) -> str:
    return f"act IN ({', '.join(map(repr, names))})"


def _rebuild(acts: str) -> None:
    """Copy the table: SQLite changes no constraint of one that stands."""
    op.drop_index("inbox_by_result", "inbox")
    op.rename_table("inbox", "inbox_before")
    _create(acts)
    op.execute("INSERT INTO inbox SELECT * FROM inbox_before")
    op.drop_table("inbox_before")
    _index()


def _create(acts: str) -> None:
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


def _index() -> None:
    op.create_index("inbox_by_result", "inbox", ["result"], unique=False)
