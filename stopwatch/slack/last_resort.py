"""What is said of a message that cannot be written: which decision it is about and how that stands, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.slack.payload import Payload, reference
from stopwatch.slack.text import escape

if TYPE_CHECKING:
    from stopwatch.core.decision import Decision
    from stopwatch.core.outbox import Message


def last_resort(message: Message, decision: Decision | None) -> Payload:
    """Return a message made of ids and state words alone, found again by its visible mark."""
    if decision is None:
        words = f"A message of the kind {message.kind.value} could not be written; the log of stopwatch says why."
    else:
        place = decision.site or decision.scope
        what = "DRILL" if decision.drill else "PAUSED" if decision.paused else "Pause decision"
        words = (
            f"{what} {escape(place)}: {decision.state.value}, "
            f"rev {decision.rev} · {escape(decision.id)}\n"
            f"This message could not be written in full. `stopwatch decisions show {escape(decision.id)}` says all."
        )
    return Payload(f"{words}\n{reference(message.key)}")
