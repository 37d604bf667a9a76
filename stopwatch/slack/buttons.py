"""How a card can be answered: at most three buttons by state, the other acts in a menu."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from stopwatch.core.decision import Act, Decision, DecisionState

if TYPE_CHECKING:
    from stopwatch.slack.payload import Block

MORE = "more"
"""The menu's action id."""

BUTTONS: Mapping[DecisionState, tuple[Act, ...]] = {
    DecisionState.OPEN: (Act.ACKNOWLEDGE, Act.CONFIRM, Act.OVERRIDE),
    DecisionState.ACKNOWLEDGED: (Act.CONFIRM, Act.OVERRIDE, Act.ROLL_BACK),
    DecisionState.CONFIRMED: (Act.RESUME, Act.OVERRIDE, Act.ROLL_BACK),
    DecisionState.OVERRIDDEN: (Act.PAUSE_AGAIN, Act.RESUME, Act.ROLL_BACK),
    DecisionState.FLAGGED: (Act.CLOSE,),
}
"""The buttons of each state; in any other state there are none."""

LABELS: Mapping[Act, str] = {
    Act.ACKNOWLEDGE: "Acknowledge",
    Act.CONFIRM: "Confirm pause",
    Act.RESUME: "Resume…",
    Act.OVERRIDE: "Override…",
    Act.PAUSE_AGAIN: "Pause again",
    Act.DISMISS: "Dismiss…",
    Act.ROLL_BACK: "Roll back…",
    Act.CLOSE: "Close…",
    Act.ATTACH: "Attach a ticket…",
}
"""Every act that Slack offers; an ellipsis says that a dialog follows."""


def value_of(decision: Decision) -> str:
    """Return what a button carries: the decision, and what of it the person saw (revision and number of grounds)."""
    return f"{decision.id}|{decision.rev}|{len(decision.grounds)}"


def act_buttons(decision: Decision) -> Block | None:
    """Return the buttons and the menu of what the decision's state allows, None once it is over."""
    if not decision.state.live:
        return None
    allowed = [act for act in LABELS if decision.after(act) is not None]
    shown = [act for act in BUTTONS.get(decision.state, ()) if act in allowed]
    elements: list[Block] = [_button(decision, act) for act in shown]
    if elements:
        elements[0]["style"] = "primary"
    rest = [act for act in allowed if act not in shown]
    if rest:
        options = [{"text": _plain(LABELS[act]), "value": f"{value_of(decision)}|{act}"} for act in rest]
        elements.append({"type": "overflow", "action_id": MORE, "options": options})
    return {"type": "actions", "block_id": "acts", "elements": elements}


def _button(decision: Decision, act: Act) -> Block:
    return {"type": "button", "text": _plain(LABELS[act]), "action_id": act.value, "value": value_of(decision)}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}
