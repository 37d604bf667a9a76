"""All rules of a file: their shape, their identities, their overrides, and what they become at each site."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.links import check_links
from stopwatch.config.merge import merge, override_of
from stopwatch.config.node import Fields, Items, Node, Scalar, plain
from stopwatch.config.rule_model import IDENTITY_KEYS, OVERRIDABLE, RuleModel
from stopwatch.config.rules import build_rule
from stopwatch.config.validate import nearest_hint, shown, unknown_key, validate_some
from stopwatch.core.kpi import PhaseId, SiteId

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.kpis import KpiBook
    from stopwatch.core.rollout import Plan
    from stopwatch.core.rule import StopRule


@dataclass(frozen=True, slots=True)
class RuleList:
    """The mappings of a list of rules whose shape was checked."""

    rules: tuple[Fields, ...]
    _built: dict[tuple[int, str | None, str | None], StopRule | None] = field(default_factory=dict, repr=False)

    def at(
        self,
        site: SiteId,
        phase: PhaseId | None,
        book: KpiBook,
        found: Complaints,
    ) -> tuple[StopRule, ...]:
        """Return the rules that apply at *site* in *phase*, in file order, overrides merged."""
        applying = [(index, rule) for index, rule in enumerate(self.rules) if applies_in(rule, phase)]
        built = [self._build(index, rule, site, phase, book, found) for index, rule in applying]
        return tuple(rule for rule in built if rule is not None)

    def check_unused(self, book: KpiBook, found: Complaints) -> None:
        """Check also those rules that were built for no site so far, as they are without overrides."""
        built = {index for index, _, _ in self._built}
        for index, rule in enumerate(self.rules):
            if index not in built:
                build_rule(merge(rule, phase=None, site=None), book, found)

    def _build(
        self, index: int, rule: Fields, site: SiteId, phase: PhaseId | None, book: KpiBook, found: Complaints
    ) -> StopRule | None:
        """Build a rule once for all sites that override nothing of their own."""
        key = (
            index,
            phase if override_of(rule, "phases", phase) else None,
            site if override_of(rule, "sites", site) else None,
        )
        if key not in self._built:
            self._built[key] = build_rule(merge(rule, phase=phase, site=site), book, found)
        return self._built[key]


def applies_in(rule: Fields, phase: PhaseId | None) -> bool:
    """Tell whether *rule* is meant for *phase*: it names no phases, or this one."""
    phases = rule.get("phases")
    return not isinstance(phases, Items) or any(plain(item) == phase for item in phases.items)


def read_rules(node: Node | None, found: Complaints) -> RuleList:
    """Check the shape of every rule of the list *node* and of its overrides, and that ids are unique."""
    if not isinstance(node, Items):
        return RuleList(())
    rules = tuple(rule for rule in node.items if isinstance(rule, Fields))
    seen: dict[object, int] = {}
    for rule in rules:
        validate_some(RuleModel, rule, found)
        _check_overrides(rule, found)
        identity = rule.get("id")
        if isinstance(identity, Scalar) and isinstance(identity.value, str):
            line = seen.setdefault(identity.value, identity.place.line)
            if line != identity.place.line:
                message = f"a rule {shown(identity.value)} was given before, in line {line}"
                found.add(identity.place.complaint("duplicate-rule", message, "give each rule its own id"))
    return RuleList(rules)


def _check_overrides(rule: Fields, found: Complaints) -> None:
    overrides = rule.get("overrides")
    for scope in ("phases", "sites"):
        named = overrides.get(scope) if isinstance(overrides, Fields) else None
        for name in named.entries if isinstance(named, Fields) else ():
            override = override_of(rule, scope, name)
            if override is None:
                continue
            for key, entry in override.entries.items():
                if key in IDENTITY_KEYS:
                    hint = f"these can differ: {', '.join(OVERRIDABLE)}"
                    found.add(entry.key.complaint("fixed-key", f"{key} cannot be overridden", hint))
                elif key not in OVERRIDABLE:
                    unknown_key(key, entry.key, OVERRIDABLE, found)
            known = {key: entry for key, entry in override.entries.items() if key in OVERRIDABLE}
            validate_some(RuleModel, Fields(override.place, known), found)
            check_links(override.get("links"), found)


def check_against_plan(listed: RuleList, plan: Plan, found: Complaints) -> None:
    """Complain about phases and sites that the plan does not have, and warn of rules and overrides without effect."""
    phases = [phase.id for phase in plan.phases]
    for rule in listed.rules:
        named = rule.get("phases")
        if isinstance(named, Items):
            _check_names(named, phases, found)
            if not named.items:
                words, hint = "this rule applies in no phase", "name a phase, or leave phases out"
                found.add(named.place.complaint("rule-unused", words, hint, severity=Weight.WARNING))
        overrides = rule.get("overrides")
        if not isinstance(overrides, Fields):
            continue
        for scope, known, what in (("phases", phases, "phase"), ("sites", list(plan.sites), "site")):
            scoped = overrides.get(scope)
            for name, entry in scoped.entries.items() if isinstance(scoped, Fields) else ():
                phase = name if what == "phase" else getattr(plan.sites.get(SiteId(name)), "phase", None)
                if name not in known:
                    hint = nearest_hint(name, known) or f"the plan has: {', '.join(known)}"
                    message = f"the plan has no {what} {shown(name)}"
                    found.add(entry.key.complaint(f"unknown-{what}", message, hint))
                elif phase is not None and not applies_in(rule, PhaseId(phase)):
                    words = f"this override has no effect: the rule does not apply in phase {phase}"
                    hint = "add the phase to the rule's phases, or remove the override"
                    found.add(entry.key.complaint("override-unused", words, hint, severity=Weight.WARNING))


def _check_names(named: Items, known: list[PhaseId], found: Complaints) -> None:
    for item in named.items:
        name = plain(item)
        if isinstance(name, str) and name not in known:
            hint = nearest_hint(name, known) or f"the plan has: {', '.join(known)}"
            found.add(item.place.complaint("unknown-phase", f"the plan has no phase {shown(name)}", hint))


def check_twins(listed: RuleList, found: Complaints) -> None:
    """Warn of rules that say the same under two ids."""
    seen: list[tuple[object, Fields]] = []
    for rule in listed.rules:
        said = {key: plain(entry.value) for key, entry in rule.entries.items() if key not in {"id", "links"}}
        twin = next((other for words, other in seen if words == said), None)
        if twin is None:
            seen.append((said, rule))
            continue
        place = rule.entries["id"].value.place if "id" in rule.entries else rule.place
        message = f"this rule says the same as the one in line {twin.place.line}"
        hint = "remove one of the two; both would be grounds of one pause"
        found.add(place.complaint("rule-twin", message, hint, severity=Weight.WARNING))
