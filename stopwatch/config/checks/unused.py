"""Rules and overrides that take effect nowhere: somebody believes that they watch something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.merge import applies_in
from stopwatch.config.node import Fields, Items, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stopwatch.config.complaint import Complaints
    from stopwatch.config.outline import Outline
    from stopwatch.config.source import Place


def check_unused(rules: Iterable[Fields], plan: Outline, found: Complaints) -> None:
    """Warn of rules that apply at no site, and of overrides for places where their rule does not apply."""
    for rule in rules:
        _check_rule(rule, plan, found)
        for place, phase in _overridden(rule, plan):
            if not applies_in(rule, phase):
                words = f"this override has no effect: the rule does not apply in phase {phase}"
                hint = "add the phase to the rule's phases, or remove the override"
                found.add(place.complaint("override-unused", words, hint, severity=Weight.WARNING))


def _check_rule(rule: Fields, plan: Outline, found: Complaints) -> None:
    named = rule.get("phases")
    if not isinstance(named, Items):
        return
    known = {phase.id for phase in plan.phases}
    if not named.items:
        words, hint = "this rule applies in no phase", "name a phase, or leave phases out"
    elif all(plain(item) in known for item in named.items) and not any(
        phase.sites for phase in plan.phases if applies_in(rule, phase.id)
    ):
        words, hint = "this rule applies at no site: its phases have none", "name a phase that has sites"
    else:
        return
    found.add(named.place.complaint("rule-unused", words, hint, severity=Weight.WARNING))


def _overridden(rule: Fields, plan: Outline) -> Iterator[tuple[Place, str]]:
    """Yield the place of each override with the phase that it concerns."""
    overrides, home = rule.get("overrides"), plan.home
    known = {phase.id for phase in plan.phases}
    for scope in ("phases", "sites"):
        scoped = overrides.get(scope) if isinstance(overrides, Fields) else None
        for name, entry in scoped.entries.items() if isinstance(scoped, Fields) else ():
            phase = name if scope == "phases" else home.get(name)
            if phase in known:
                yield entry.key, str(phase)
