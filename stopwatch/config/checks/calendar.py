"""Freeze windows must have bounds in the right order and name sites that there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.node import Fields, Items, plain
from stopwatch.config.validate import nearest_hint, shown

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node
    from stopwatch.config.outline import Outline

_DATE = len("2026-12-24")


def check_calendar(plan: Node, outline: Outline, found: Complaints) -> None:
    """Complain about freeze windows of the document *plan* without bounds, backwards, or at unknown sites."""
    listed = plan.get("freeze") if isinstance(plan, Fields) else None
    for freeze in listed.items if isinstance(listed, Items) else ():
        if isinstance(freeze, Fields):
            _check_bounds(freeze, found)
            _check_sites(freeze, outline, found)


def _check_bounds(freeze: Fields, found: Complaints) -> None:
    if not any(key in freeze.entries for key in ("from", "until", "daily", "days")):
        message = "this window has no bounds, so nothing could ever be activated"
        found.add(freeze.place.complaint("freeze-form", message, "add from and until, daily, or days"))
        return
    start, end = freeze.get("from"), freeze.get("until")
    if start is None or end is None:
        return
    first, last = plain(start), plain(end)
    if isinstance(first, str) and isinstance(last, str) and last[:_DATE] < first[:_DATE]:
        found.add(end.place.complaint("freeze-form", "this window ends before it begins", "swap from and until"))


def _check_sites(freeze: Fields, outline: Outline, found: Complaints) -> None:
    sites = freeze.get("sites")
    for item in sites.items if isinstance(sites, Items) and outline.all_sites else ():
        name = plain(item)
        if isinstance(name, str) and name not in outline.sites:
            hint = nearest_hint(name, list(outline.sites)) or f"sites has: {', '.join(outline.sites) or 'none'}"
            found.add(item.place.complaint("unknown-site", f"sites has no {shown(name)}", hint))
