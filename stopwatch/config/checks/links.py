"""Link templates of rules: which placeholders they may hold."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.node import Fields, Scalar
from stopwatch.config.validate import shown

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node

PLACEHOLDERS = (
    *("site", "label", "phase", "rule", "kpi", "query", "decision"),
    *("from_ms", "to_ms", "from_iso", "to_iso", "range"),
)
_PLACEHOLDER = re.compile(r"\{([^{}=\"',]*)\}")
"""Braces around a word; those of PromQL or JSON inside a link hold signs that no placeholder has."""


def check_links(links: Node | None, found: Complaints) -> None:
    """Complain about unknown placeholders and stray braces in the templates of *links*."""
    if not isinstance(links, Fields):
        return
    for entry in links.entries.values():
        if isinstance(entry.value, Scalar) and isinstance(entry.value.value, str):
            _check_template(entry.value, entry.value.value, found)


def _check_template(node: Scalar, template: str, found: Complaints) -> None:
    if template.count("{") != template.count("}"):
        hint = "a placeholder is {site}, with both braces"
        found.add(node.place.complaint("stray-brace", "a brace that belongs to no placeholder", hint))
    for match in _PLACEHOLDER.finditer(template):
        if match[1] not in PLACEHOLDERS:
            near = difflib.get_close_matches(match[1], PLACEHOLDERS, n=1)
            hint = f"did you mean {{{near[0]}}}?" if near else f"known: {', '.join(PLACEHOLDERS)}"
            place = node.within(match.start(), len(match[0]))
            found.add(place.complaint("unknown-placeholder", f"unknown placeholder {shown(match[0])}", hint))
    if not template.startswith(("http://", "https://")):
        message = "a link that is no web address leads nowhere"
        hint = "begin it with https://"
        found.add(node.place.complaint("odd-link", message, hint, severity=Weight.WARNING))
