"""What people record in a rollout: one append-only ledger."""

import sqlalchemy as sa
from alembic import op

from stopwatch.store.triggers import append_only

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the ledger."""
    op.create_table(
        "ledger",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rollout", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ledger")),
    )
    op.create_index("ledger_by_scope", "ledger", ["rollout", "kind", "scope"], unique=False)
    for statement in append_only(op.get_bind().dialect.name, ("ledger",)):
        op.execute(statement)
