"""All rules of a file: their shape, their identities, their overrides, and what they become at each site."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.config.checks.links import check_links
from stopwatch.config.merge import applies_in, merge, override_of
from stopwatch.config.node import Fields, Items, Node, Scalar
from stopwatch.config.rule_model import IDENTITY_KEYS, OVERRIDABLE, RuleModel
from stopwatch.config.rules import build_rule
from stopwatch.config.validate import shown, unknown_key, validate_some

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.kpis import KpiBook
    from stopwatch.core.kpi import PhaseId, SiteId
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

    def check_unused(self, book: KpiBook, found: Complaints) -> tuple[StopRule, ...]:
        """Check also those rules that were built for no site so far, as they are without overrides; return them."""
        built = {index for index, _, _ in self._built}
        unused = [rule for index, rule in enumerate(self.rules) if index not in built]
        rules = [build_rule(merge(rule, phase=None, site=None), book, found) for rule in unused]
        return tuple(rule for rule in rules if rule is not None)

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
