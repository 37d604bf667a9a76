"""What time still owes: the cards of decisions that have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.watch.messages import tell

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.watch.acts.commands import Desk


def tell_owed(desk: Desk, *, ended_after: datetime, now: datetime) -> None:
    """
    Give a card to every decision that has none, such as one opened from a terminal that knows no Slack.

    Raises:
        StoreError: The records could not be read or written.

    """
    with desk.store.reading() as view:
        rollout = desk.rule_set.plan.rollout
        recent = view.decisions(rollout, live=True) + view.ended_after(rollout, ended_after)
        owed = [
            decision
            for decision in recent
            if desk.channel(decision.site) is not None and not view.card_channels(decision.id)
        ]
    if owed:
        with desk.store.writing() as tx:
            for decision in owed:
                tell(tx, decision, desk.channel(decision.site), now=now)
