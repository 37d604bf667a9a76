"""Items of a checklist are told apart by their ids, their own or those made from their texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.node import Fields, Items, Scalar
from stopwatch.config.plan_parts import id_of
from stopwatch.config.validate import shown
from stopwatch.core.phase import RESERVED_ITEMS

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node


def check_readiness(plan: Node, found: Complaints) -> None:
    """Complain about items of one phase of the document *plan* that share an id, or take one that has a meaning."""
    phases = plan.get("phases") if isinstance(plan, Fields) else None
    for phase in phases.items if isinstance(phases, Items) else ():
        items = phase.get("readiness") if isinstance(phase, Fields) else None
        seen: set[str] = set(RESERVED_ITEMS)
        for item in items.items if isinstance(items, Items) else ():
            named = _named(item)
            if named is None:
                continue
            identity, at = named
            if identity in RESERVED_ITEMS:
                message = f"{shown(identity)} is the id of an item that stopwatch knows itself"
                found.add(at.place.complaint("duplicate-item", message, "leave it out, or give it another id"))
            elif identity in seen:
                message = f"the phase has an item {shown(identity)} already"
                found.add(at.place.complaint("duplicate-item", message, "give each item its own id: {id: …, text: …}"))
            seen.add(identity)


def _named(item: Node) -> tuple[str, Scalar] | None:
    """Return the id of an item and where it comes from, None if it has none that can be read."""
    if isinstance(item, Scalar):
        return (id_of(item.value), item) if isinstance(item.value, str) else None
    for key in ("id", "text"):
        value = item.get(key) if isinstance(item, Fields) else None
        if isinstance(value, Scalar) and isinstance(value.value, str):
            return (value.value if key == "id" else id_of(value.value)), value
    return None
