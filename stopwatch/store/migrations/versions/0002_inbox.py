"""What people do in Slack, written down before it is answered."""

from stopwatch.store.migrations.inbox import create_inbox

revision = "0002"
down_revision = "0001"

_ACTS = "acknowledge confirm resume override dismiss roll-back pause-again close resolve attach"


def upgrade() -> None:
    """Create the inbox."""
    create_inbox(_ACTS.split())
