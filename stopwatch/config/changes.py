"""What if a rule said something else: changes from the command line, merged into the rules before they are checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Complaint, Complaints, ComplaintsError
from stopwatch.config.node import Entry, Fields, Items, Node, Scalar
from stopwatch.config.validate import nearest_hint, shown
from stopwatch.config.yaml import load_text

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_STEPS = 50
"""A sweep of more values than this is no comparison that anybody reads."""

_CHANGE = re.compile(r"(?P<rule>[A-Za-z0-9_-]+)(?P<path>(?:\.[a-z_]+)+)=(?P<value>.+)", re.DOTALL)
_PATTERN = "write it as rule.key=value, for example integration-5xx.threshold=0.03"


@dataclass(frozen=True, slots=True)
class Change:
    """*value* takes the place of what *rule* says at *path*; *text* is how it was written."""

    rule: str
    path: tuple[str, ...]
    value: Node
    text: str


def parse_change(text: str) -> Change:
    """
    Read ``rule.key=value``; the value is YAML, keys may go deeper (``rule.recover.threshold=0.02``).

    Raises:
        ComplaintsError: It has another form, or the value is no YAML.

    """
    found = _CHANGE.fullmatch(text.strip())
    if found is None:
        raise ComplaintsError([Complaint(text, 1, 1, "change-form", "this is no change of a rule", _PATTERN)])
    name = f"{found['rule']}{found['path']}"
    node, complaints = load_text(name, found["value"].encode())
    if node is None or complaints:
        raise ComplaintsError(complaints or [Complaint(name, 1, 1, "change-form", "the value is empty", _PATTERN)])
    return Change(found["rule"], tuple(found["path"].strip(".").split(".")), node, f"{name}={found['value']}")


def parse_sweep(text: str) -> list[Change]:
    """
    Read ``rule.key=low:high:step`` as one change for each value, both ends included.

    Raises:
        ComplaintsError: It has another form, or stands for no value or for too many.

    """
    name, _, span = text.partition("=")
    try:
        low, high, step = (Decimal(part) for part in span.split(":"))
        steps = int((high - low) / step) if step else -1
    except (ValueError, ArithmeticError):
        hint = "write it as rule.key=low:high:step, for example integration-5xx.threshold=0.02:0.08:0.01"
        raise ComplaintsError([Complaint(text, 1, 1, "sweep-form", "this is no sweep", hint)]) from None
    if not 0 <= steps < MOST_STEPS:
        message = f"it stands for {max(0, steps + 1)} values; between 1 and {MOST_STEPS} can be compared"
        raise ComplaintsError([Complaint(text, 1, 1, "sweep-form", message, "choose a larger step, or mind its sign")])
    return [parse_change(f"{name}={low + place * step}") for place in range(steps + 1)]


def changed(rules: Node | None, changes: Sequence[Change], found: Complaints) -> Node | None:
    """
    Return the list *rules* with every change merged in.

    A change counts everywhere: overrides of the same key give way to it, else it would change nothing there.
    """
    if not isinstance(rules, Items):
        return rules
    items = list(rules.items)
    for change in changes:
        place = next((index for index, item in enumerate(items) if _named(item) == change.rule), None)
        if place is None:
            known = [name for item in items if isinstance(name := _named(item), str)]
            hint = nearest_hint(change.rule, known) or f"the rules are: {', '.join(known) or 'none'}"
            found.add(Complaint(change.text, 1, 1, "unknown-rule", f"there is no rule {shown(change.rule)}", hint))
        elif isinstance(rule := items[place], Fields):
            items[place] = _everywhere(_put(rule, change.path, change.value), change)
    return replace(rules, items=tuple(items))


def _named(item: Node) -> object:
    identity = item.get("id") if isinstance(item, Fields) else None
    return identity.value if isinstance(identity, Scalar) else None


def _put(fields: Fields, path: tuple[str, ...], value: Node) -> Fields:
    key, deeper = path[0], path[1:]
    if deeper:
        inner = fields.get(key)
        value = _put(inner if isinstance(inner, Fields) else Fields(value.place, {}), deeper, value)
    return replace(fields, entries={**fields.entries, key: Entry(value.place, value)})


def _everywhere(rule: Fields, change: Change) -> Fields:
    """Let the overrides of a changed key give way: a whole key goes, a part of it is changed there as well."""
    overrides = rule.get("overrides")
    if not isinstance(overrides, Fields):
        return rule
    scopes = {scope: replace(entry, value=_in_scope(entry.value, change)) for scope, entry in overrides.entries.items()}
    entries = {
        **rule.entries,
        "overrides": replace(rule.entries["overrides"], value=replace(overrides, entries=scopes)),
    }
    return replace(rule, entries=entries)


def _in_scope(scope: Node, change: Change) -> Node:
    if not isinstance(scope, Fields):
        return scope
    names = {name: replace(entry, value=_in_override(entry.value, change)) for name, entry in scope.entries.items()}
    return replace(scope, entries=names)


def _in_override(override: Node, change: Change) -> Node:
    if not isinstance(override, Fields) or change.path[0] not in override.entries:
        return override
    if len(change.path) > 1:
        return _put(override, change.path, change.value)
    return replace(override, entries={key: entry for key, entry in override.entries.items() if key != change.path[0]})
