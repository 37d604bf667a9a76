"""The dialog in which a person declares a manual stop: where it holds, which criterion was met, why, and a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.slack.modal import LINK, REASON_MOST, SHORT_MOST, field_of, plain, text_field
from stopwatch.slack.payload import Block, section
from stopwatch.slack.text import clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from stopwatch.core.rollout import Plan

PAUSE = "pause"
_GROUPS, _OPTIONS = 100, 100
_LABEL = 75
_WORDS = "It takes effect at once, is recorded with your name, and calls who is on call."


def stop_modal(plan: Plan, *, channel: str, wanted: str = "", reason: str = "") -> Block:
    """
    Return the dialog.

    Args:
        plan: The rollout, whose phases and sites are offered.
        channel: Where the person asked, which the dialog hands back.
        wanted: What was typed behind the command; a site's id, name or label, a phase or ``all`` is chosen already.
        reason: What the reason begins with.

    """
    reasons = text_field("reason", "What happened?", most=REASON_MOST, multiline=True)
    if reason:
        reasons["element"] = {**_element(reasons), "initial_value": reason[:REASON_MOST]}
    hint = "Such as operational-blocker or sev1; the same word again joins the live pause."
    return {
        "type": "modal",
        "callback_id": PAUSE,
        "private_metadata": channel,
        "title": plain("Stop the rollout"),
        "submit": plain("Stop"),
        "close": plain("Cancel"),
        "blocks": [
            section(f"*A manual stop.* {_WORDS}"),
            field_of("scope", "Where?", _places(plan, wanted)),
            text_field("criterion", "Criterion", most=SHORT_MOST, hint=hint),
            reasons,
            field_of("link", "Link", LINK, optional=True),
        ],
    }


def _element(field: Block) -> Mapping[str, object]:
    element = field["element"]
    return element if isinstance(element, dict) else {}


def _places(plan: Plan, wanted: str) -> Block:
    groups = list(_grouped(plan))[:_GROUPS]
    menu: Block = {
        "type": "static_select",
        "placeholder": plain("A site, a phase or all"),
        "option_groups": [{"label": plain(clip(label, _LABEL)), "options": options} for label, options in groups],
    }
    value = _wanted(plan, wanted.strip().casefold())
    chosen = next((option for _, options in groups for option in options if option["value"] == value), None)
    return menu | ({"initial_option": chosen} if chosen else {})


def _grouped(plan: Plan) -> Iterator[tuple[str, list[Block]]]:
    """Yield groups of at most a hundred places: sites by phase, then whole phases, then everything."""
    for phase in plan.phases:
        sites = [_option(f"{plan.sites[site].name} ({site})", f"site:{site}") for site in phase.sites]
        for first in range(0, len(sites), _OPTIONS):
            more = f", from {first + 1}" if first else ""
            yield f"{phase.id}{more}", sites[first : first + _OPTIONS]
    wide = [_option(f"Every site of {phase.id}", f"phase:{phase.id}") for phase in plan.phases[: _OPTIONS - 1]]
    yield "Wide", [*wide, _option("All sites", "all")]


def _option(text: str, value: str) -> Block:
    return {"text": plain(clip(text, _LABEL)), "value": value}


def _wanted(plan: Plan, word: str) -> str | None:
    if word == "all":
        return "all"
    phases = {phase.id.casefold(): f"phase:{phase.id}" for phase in plan.phases}
    names = {
        name.casefold(): f"site:{site.id}" for site in plan.sites.values() for name in (site.label, site.name, site.id)
    }
    return names.get(word) or phases.get(word)
