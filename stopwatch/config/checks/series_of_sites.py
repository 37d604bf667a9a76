"""Where a site's series come from: a source that the plan has, under a label that no other site there has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.node import Fields, Node, Scalar
from stopwatch.config.validate import nearest_hint, shown
from stopwatch.core.rollout import DEFAULT_SOURCE

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.outline import Outline


def check_series_of_sites(plan: Outline, sources: Node | None, found: Complaints) -> None:
    """Complain about sites whose source is not among *sources*, and about labels that two sites of a source share."""
    known = list(sources.entries) if isinstance(sources, Fields) else []
    labels: dict[tuple[str, str], str] = {}
    for name, entry in plan.sites.items():
        if not isinstance(entry.value, Fields):
            continue
        source, label = entry.value.get("source"), entry.value.get("label")
        named = _text(source) or DEFAULT_SOURCE
        if isinstance(source, Scalar) and named != DEFAULT_SOURCE and named not in known:
            hint = nearest_hint(named, known) or "add it to sources, with its url"
            found.add(source.place.complaint("unknown-source", f"sources has no {shown(named)}", hint))
        value = _text(label) or name
        other = labels.setdefault((named, value), name)
        if other != name:
            place = label.place if label is not None else entry.key
            message = f"site {shown(other)} has the label {shown(value)} too"
            found.add(place.complaint("duplicate-label", message, "one series cannot belong to two sites"))


def _text(node: Node | None) -> str:
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
