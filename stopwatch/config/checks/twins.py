"""Two rules that say the same under two ids would both be grounds of one pause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.node import Fields, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.config.complaint import Complaints


def check_twins(rules: Iterable[Fields], found: Complaints) -> None:
    """Warn of rules that differ in their ids and links at most."""
    seen: list[tuple[object, Fields]] = []
    for rule in rules:
        said = {key: plain(entry.value) for key, entry in rule.entries.items() if key not in {"id", "links"}}
        twin = next((other for words, other in seen if words == said), None)
        if twin is None:
            seen.append((said, rule))
            continue
        place = rule.entries["id"].value.place if "id" in rule.entries else rule.place
        message = f"this rule says the same as the one in line {twin.place.line}"
        hint = "remove one of the two; both would be grounds of one pause"
        found.add(place.complaint("rule-twin", message, hint, severity=Weight.WARNING))
