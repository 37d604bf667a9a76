"""A roll-back must be able to be verified: what it must hold for has to fit into its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.duration import parse_duration, spell_duration
from stopwatch.config.node import Fields, plain
from stopwatch.core.phase import RollbackPlan

if TYPE_CHECKING:
    from datetime import timedelta

    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node

_DEFAULTS = RollbackPlan()


def check_rollback(plan: Node, found: Complaints) -> None:
    """Complain where `hold` of the document *plan* exceeds `within`, so that every roll-back would be flagged."""
    written = plan.get("rollback") if isinstance(plan, Fields) else None
    if not isinstance(written, Fields):
        return
    hold, within = _span(written, "hold", _DEFAULTS.hold), _span(written, "within", _DEFAULTS.within)
    at = written.get("hold") or written.get("within")
    if hold is None or within is None or at is None or hold <= within:
        return
    told = spell_duration(hold) + ("" if written.get("hold") is not None else ", the default")
    message = f"hold ({told}) is longer than within ({spell_duration(within)}): every roll-back would be flagged"
    hint = f"hold for less than {spell_duration(within)}, or give it more time: within: {spell_duration(2 * hold)}"
    found.add(at.place.complaint("hold-over-within", message, hint))


def _span(written: Fields, key: str, default: timedelta) -> timedelta | None:
    """Return the duration under *key*; None if what stands there is none, which is complained of elsewhere."""
    node = written.get(key)
    if node is None:
        return default
    text = plain(node)
    try:
        return parse_duration(text) if isinstance(text, str) else None
    except ValueError:
        return None
