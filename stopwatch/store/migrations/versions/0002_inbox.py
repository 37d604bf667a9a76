"""What people do in Slack, written down before it is answered."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ACTS = (
    "act IN ('acknowledge', 'confirm', 'resume', 'override', 'dismiss', 'roll-back', 'pause-again', 'close', "
    "'resolve', 'attach')"
)
_RESULTS = (
    "result IN ('applied', 'repeated', 'stale', 'illegal', 'incomplete', 'refused', 'asked', 'unasked', 'noted', "
    "'rejected', 'unwritable')"
)


def upgrade() -> None:
    """Create the inbox."""
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
        sa.CheckConstraint(_ACTS, name=op.f("ck_inbox_act")),
        sa.CheckConstraint(_RESULTS, name=op.f("ck_inbox_result")),
        sa.CheckConstraint("way IN ('http', 'socket', 'thread')", name=op.f("ck_inbox_way")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_inbox")),
        sa.UniqueConstraint("number", name="inbox_number"),
        sa.UniqueConstraint("ticket", name="inbox_ticket"),
    )
    op.create_index("inbox_by_result", "inbox", ["result"], unique=False)
