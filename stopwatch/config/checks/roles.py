"""Roles that must sign must be roles that may sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.node import Fields, Items, plain
from stopwatch.config.validate import nearest_hint, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node


def check_roles(plan: Node, found: Complaints) -> None:
    """Complain about sign-offs of the document *plan* by roles that its `roles`, if it has any, do not name."""
    listed = plan.get("roles") if isinstance(plan, Fields) else None
    if not (isinstance(plan, Fields) and isinstance(listed, Items) and listed.items):
        return
    roles = [role for item in listed.items if isinstance(role := plain(item), str)]
    for item in _demanded(plan):
        role = plain(item)
        if isinstance(role, str) and role not in roles:
            hint = nearest_hint(role, roles) or f"roles has: {', '.join(roles)}"
            found.add(item.place.complaint("unknown-role", f"roles has no {shown(role)}", hint))


def _demanded(plan: Fields) -> Iterator[Node]:
    """Yield every role of `exit.sign_offs`, of the top level and of the phases."""
    phases = plan.get("phases")
    for holder in (plan, *(phases.items if isinstance(phases, Items) else ())):
        wanted = holder.get("exit") if isinstance(holder, Fields) else None
        signers = wanted.get("sign_offs") if isinstance(wanted, Fields) else None
        yield from signers.items if isinstance(signers, Items) else ()
