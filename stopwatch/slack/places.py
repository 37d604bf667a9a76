"""The menu from which a person chooses where something holds: sites by phase, whole phases, everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.slack.modal import plain
from stopwatch.slack.text import clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stopwatch.core.rollout import Plan
    from stopwatch.slack.payload import Block

_GROUPS, _OPTIONS = 100, 100
OPTION_MOST = 75
"""How long the text of an option may be, and its description."""


def place_menu(plan: Plan, wanted: str, *, wide: bool) -> Block:
    """
    Return the menu; a site's id, name or label, or a phase, that is *wanted* is chosen already.

    *wide* offers a phase as all of its sites, and all sites; without it a phase is a place like any other.
    """
    groups = list(_grouped(plan, wide=wide))[:_GROUPS]
    menu: Block = {
        "type": "static_select",
        "placeholder": plain("A site, a phase or all" if wide else "A site or a phase"),
        "option_groups": [{"label": plain(clip(label, OPTION_MOST)), "options": options} for label, options in groups],
    }
    value = _wanted(plan, wanted.strip().casefold())
    chosen = next((option for _, options in groups for option in options if option["value"] == value), None)
    return menu | ({"initial_option": chosen} if chosen else {})


def _grouped(plan: Plan, *, wide: bool) -> Iterator[tuple[str, list[Block]]]:
    """Yield groups of at most a hundred places: sites by phase, then whole phases, then everything."""
    for phase in plan.phases:
        sites = [_option(f"{plan.sites[site].name} ({site})", f"site:{site}") for site in phase.sites]
        for first in range(0, len(sites), _OPTIONS):
            more = f", from {first + 1}" if first else ""
            yield f"{phase.id}{more}", sites[first : first + _OPTIONS]
    words = "Every site of" if wide else "The whole of"
    phases = [_option(f"{words} {phase.id}", f"phase:{phase.id}") for phase in plan.phases[: _OPTIONS - 1]]
    yield "Wide", [*phases, *([_option("All sites", "all")] if wide else [])]


def _option(text: str, value: str) -> Block:
    return {"text": plain(clip(text, OPTION_MOST)), "value": value}


def _wanted(plan: Plan, word: str) -> str | None:
    if word == "all":
        return "all"
    phases = {phase.id.casefold(): f"phase:{phase.id}" for phase in plan.phases}
    names = {
        name.casefold(): f"site:{site.id}" for site in plan.sites.values() for name in (site.label, site.name, site.id)
    }
    return names.get(word) or phases.get(word)
