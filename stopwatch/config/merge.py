"""What one rule says at one place: its own keys, replaced by those of its phase, replaced by those of its site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.node import Fields, Items, Node, at, plain
from stopwatch.config.rule_model import OVERRIDABLE

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.source import Place


@dataclass(frozen=True, slots=True)
class Merged:
    """
    The keys of a rule with overrides applied (``overrides`` itself left out).

    *replaced* are the keys that an override gave, *where* says for whom, in words (empty without overrides).
    """

    node: Fields
    replaced: frozenset[str] = frozenset()
    where: str = ""

    def place(self, *paths: tuple[str | int, ...]) -> Place:
        """Return the place of the first of *paths* that an override gave, else of the first that exists."""
        present = [path for path in paths if self._has(path)]
        for path in present:
            if path[0] in self.replaced:
                return at(self.node, path).place
        if present:
            return at(self.node, present[0]).place
        first = next(iter(self.node.entries.values()), None)
        return first.key if first else self.node.place

    def _has(self, path: tuple[str | int, ...]) -> bool:
        return bool(path) and at(self.node, path) is not at(self.node, path[:-1])


@dataclass(frozen=True, slots=True)
class Teller:
    """Makes complaints about one merged rule."""

    merged: Merged
    found: Complaints

    def error(self, code: str, message: str, hint: str, *paths: tuple[str | int, ...]) -> None:
        """Complain at the first of *paths* that an override gave, else at the first that exists."""
        self._tell(code, message, hint, paths, Weight.ERROR)

    def warning(self, code: str, message: str, hint: str, *paths: tuple[str | int, ...]) -> None:
        """Warn, at a place found as for errors."""
        self._tell(code, message, hint, paths, Weight.WARNING)

    def _tell(
        self, code: str, message: str, hint: str, paths: tuple[tuple[str | int, ...], ...], severity: Weight
    ) -> None:
        concerned = any(path and path[0] in self.merged.replaced for path in paths)
        words = f"{message} ({self.merged.where})" if concerned else message
        self.found.add(self.merged.place(*paths).complaint(code, words, hint, severity=severity))


def override_of(rule: Fields, scope: str, name: str | None) -> Fields | None:
    """Return what *rule* overrides for *name* among its ``phases`` or ``sites`` (*scope*), None if nothing."""
    found: Node | None = rule.get("overrides")
    for key in (scope, name):
        if not isinstance(found, Fields) or key is None:
            return None
        found = found.get(key)
    return found if isinstance(found, Fields) else None


def merge(rule: Fields, *, phase: str | None, site: str | None) -> Merged:
    """Return what *rule* says at *site* in *phase*; keys that cannot be overridden are left to whoever complains."""
    entries = {key: entry for key, entry in rule.entries.items() if key != "overrides"}
    replaced: set[str] = set()
    words = []
    for scope, name, word in (("phases", phase, "phase"), ("sites", site, "site")):
        override = override_of(rule, scope, name)
        given = (
            {} if override is None else {key: override.entries[key] for key in override.entries if key in OVERRIDABLE}
        )
        if given:
            entries.update(given)
            replaced.update(given)
            words.append(f"{word} {name}")
    where = f"with the override of {' and '.join(words)}" if words else ""
    return Merged(Fields(rule.place, entries), frozenset(replaced), where)


def applies_in(rule: Fields, phase: str | None) -> bool:
    """Tell whether *rule* is meant for *phase*: it names no phases, or this one."""
    phases = rule.get("phases")
    return not isinstance(phases, Items) or any(plain(item) == phase for item in phases.items)
