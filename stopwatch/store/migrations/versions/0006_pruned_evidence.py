"""Samples of exported evidence may go, once what is left of them was written down."""

import sqlalchemy as sa
from alembic import op

from stopwatch.store.triggers import append_only, prunable

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the table of what is left, and let rows of evidence go that it names."""
    dialect = op.get_bind().dialect.name
    op.create_table(
        "pruned",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("exported_at", sa.Text(), nullable=False),
        sa.Column("sums", sa.Text(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_pruned_sha256")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_pruned")),
    )
    for statement in (*append_only(dialect, ("pruned",)), *prunable(dialect)):
        op.execute(statement)
