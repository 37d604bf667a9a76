"""Keys of the plan whose form is checked although they change nothing, or not as somebody may believe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.node import Fields, Scalar
from stopwatch.config.plan_model import CHANGE_TYPES, LATER_KEYS

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node


def check_effect(plan: Node, found: Complaints) -> None:
    """Complain about a type of change that no gate knows, and warn of keys without effect in this version."""
    change = plan.get("change") if isinstance(plan, Fields) else None
    kind = change.get("type") if isinstance(change, Fields) else None
    if kind is not None and not (isinstance(kind, Scalar) and kind.value in CHANGE_TYPES):
        message = f"type must be one of {', '.join(CHANGE_TYPES)}"
        found.add(kind.place.complaint("unknown-value", message, "it says which gates the rollout must pass"))
    for key in LATER_KEYS:
        if isinstance(plan, Fields) and key in plan.entries:
            message = f"{key} is checked, but has no effect in this version"
            hint = "keep it for later, or remove it"
            found.add(plan.entries[key].key.complaint("without-effect", message, hint, severity=Weight.WARNING))
