"""Words for the issue log that people give in Slack wait in the inbox like every other deed."""

from stopwatch.store.migrations.inbox import take_acts

revision = "0009"
down_revision = "0008"

_ACTS = "acknowledge confirm resume override dismiss roll-back pause-again close resolve attach pause issue"


def upgrade() -> None:
    """Let the inbox take one more act."""
    take_acts(_ACTS.split())
