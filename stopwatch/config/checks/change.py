"""A normal change says what it is: whoever decides at a gate reads the change record first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.node import Fields, plain
from stopwatch.core.change import ChangeType

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node

NEEDED = ("what", "why", "risk", "scope", "communication")
"""The least that the record of a normal change holds."""


def check_change(plan: Node, found: Complaints) -> None:
    """Warn of a change record of the document *plan* that says it is normal and lacks what a normal change needs."""
    change = plan.get("change") if isinstance(plan, Fields) else None
    kind = change.get("type") if isinstance(change, Fields) else None
    if not isinstance(change, Fields) or kind is None or plain(kind) != ChangeType.NORMAL.value:
        return
    absent = [key for key in NEEDED if key not in change.entries]
    if absent:
        message = f"the record of a normal change should say more: {', '.join(absent)}"
        hint = "add them, or call the change standard if it is one"
        found.add(kind.place.complaint("change-incomplete", message, hint, severity=Weight.WARNING))
