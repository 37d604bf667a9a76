"""Phases and sites that rules name must be those of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.node import Fields, Items, plain
from stopwatch.config.validate import nearest_hint, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from stopwatch.config.complaint import Complaints
    from stopwatch.config.outline import Outline
    from stopwatch.config.source import Place


def check_names(rules: Iterable[Fields], plan: Outline, found: Complaints) -> None:
    """Complain about phases and sites, of rules and their overrides, that *plan* surely does not have."""
    phases = [phase.id for phase in plan.phases]
    for rule in rules:
        named = rule.get("phases")
        if plan.all_phases and isinstance(named, Items):
            for item in named.items:
                _check(plain(item), item.place, phases, "phase", found)
        overrides = rule.get("overrides")
        if not isinstance(overrides, Fields):
            continue
        for scope, known, certain in (("phases", phases, plan.all_phases), ("sites", plan.sites, plan.all_sites)):
            scoped = overrides.get(scope)
            for name, entry in scoped.entries.items() if certain and isinstance(scoped, Fields) else ():
                _check(name, entry.key, list(known), scope.removesuffix("s"), found)


def _check(name: object, place: Place, known: Collection[str], what: str, found: Complaints) -> None:
    if isinstance(name, str) and name not in known:
        hint = nearest_hint(name, known) or f"the plan has: {', '.join(known) or 'none'}"
        found.add(place.complaint(f"unknown-{what}", f"the plan has no {what} {shown(name)}", hint))
