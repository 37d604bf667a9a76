"""A decision remembers how the verification of its roll-back stands, so that its card can show it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the clock; decisions that were never rolled back have none."""
    op.add_column("decisions", sa.Column("clock", sa.Text()))
