"""The dialog in which a person declares a manual stop: where it holds, which criterion was met, why, and a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.slack.modal import LINK, REASON_MOST, SHORT_MOST, field_of, plain, text_field
from stopwatch.slack.payload import Block, section
from stopwatch.slack.places import place_menu

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.rollout import Plan

PAUSE = "pause"
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
            field_of("scope", "Where?", place_menu(plan, wanted, wide=True)),
            text_field("criterion", "Criterion", most=SHORT_MOST, hint=hint),
            reasons,
            field_of("link", "Link", LINK, optional=True),
        ],
    }


def _element(field: Block) -> Mapping[str, object]:
    element = field["element"]
    return element if isinstance(element, dict) else {}
