"""Link templates of rules: which placeholders they may hold."""

from __future__ import annotations

import difflib
import string
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.node import Fields, Scalar
from stopwatch.config.validate import shown

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node

PLACEHOLDERS = ("site", "label", "phase", "rule", "kpi", "from_ms", "to_ms", "from_iso", "to_iso", "decision")


def check_links(links: Node | None, found: Complaints) -> None:
    """Complain about unknown placeholders and stray braces in the templates of *links*."""
    if not isinstance(links, Fields):
        return
    for entry in links.entries.values():
        if isinstance(entry.value, Scalar) and isinstance(entry.value.value, str):
            _check_template(entry.value, entry.value.value, found)


def _check_template(node: Scalar, template: str, found: Complaints) -> None:
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        hint = "a placeholder is {site}; write {{ and }} for braces themselves"
        found.add(node.place.complaint("stray-brace", "a brace that belongs to no placeholder", hint))
        return
    for _, name, form, conversion in parts:
        if name is None or (name in PLACEHOLDERS and not form and not conversion):
            continue
        near = difflib.get_close_matches(name, PLACEHOLDERS, n=1)
        hint = f"did you mean {{{near[0]}}}?" if near and near[0] != name else f"known: {', '.join(PLACEHOLDERS)}"
        place = node.within(template.find("{" + name), len(name) + 2)
        found.add(place.complaint("unknown-placeholder", f"unknown placeholder {shown('{' + name + '}')}", hint))
    if not template.startswith(("http://", "https://")):
        message = "a link that is no web address leads nowhere"
        hint = "begin it with https://"
        found.add(node.place.complaint("odd-link", message, hint, severity=Weight.WARNING))
