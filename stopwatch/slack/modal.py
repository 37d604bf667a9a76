"""The dialogs of acts that need more than a click: their fields, and what a person wrote into them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from stopwatch.core.acts import DISMISS_CATEGORIES, ROLL_BACK_KINDS
from stopwatch.core.decision import Act
from stopwatch.core.inbox import Declaration
from stopwatch.slack.cause import NAME
from stopwatch.slack.figures import here, span
from stopwatch.slack.payload import Block, section
from stopwatch.slack.story import place, title
from stopwatch.slack.text import fitted, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.decision import Decision
    from stopwatch.core.inbox import Deed

TITLES: Mapping[Act, str] = {
    Act.RESUME: "Resume",
    Act.OVERRIDE: "Override the pause",
    Act.DISMISS: "Dismiss the pause",
    Act.ROLL_BACK: "Record a roll-back",
    Act.CLOSE: "Close the decision",
    Act.ATTACH: "Attach a link",
}
"""Every act that asks for more; the others are done by the click alone."""

_EFFECT: Mapping[Act, str] = {
    Act.RESUME: "The rollout goes on. The rules that paused it watch again from now.",
    Act.OVERRIDE: "The site is no longer paused although it breaches. You answer for it until the end you give; "
    "later phases stay closed.",
    Act.DISMISS: "The pause ends as an error of ours, not of the rollout.",
    Act.ROLL_BACK: "Say what was reverted. The pause stays until the KPIs are back in their band.",
    Act.CLOSE: "The pause ends although the KPIs did not come back.",
    Act.ATTACH: "The link is kept with the decision and shown on its card. Nothing else changes.",
}
_CATEGORIES = {"false_alarm": "False alarm", "data_fault": "Fault in the data"}
_USUAL = timedelta(hours=2)
REASON_MOST = 2000
SHORT_MOST = 100
_RULES = 10
STOP_BLOCKS = ("scope", "criterion", "reason", "link")
"""The input blocks of the dialog of a manual stop."""
ISSUE_BLOCKS = (
    *("scope", "status", "note", "severity", "description"),
    *("workaround", "owner", "target", "attributable"),
)
"""The input blocks of the dialogs of the issue log: the one that opens an issue, the one that changes it."""
LINK: Block = {"type": "url_text_input"}
_FIRST_MOMENT, _LAST_MOMENT = 1_000_000_000, 9_999_999_999


def modal(
    act: Act,
    decision: Decision,
    value: str,
    *,
    now: datetime,
    override_max: timedelta,
    pending: Sequence[tuple[str, datetime | None]] = (),
) -> Block:
    """
    Return the dialog of *act*.

    Args:
        act: One of `TITLES`.
        decision: What it is about, as it stands.
        value: The button's value, which the dialog hands back.
        now: From when an override is counted.
        override_max: The plan's longest override.
        pending: Rules of the site that count already and are no ground, with since when; a resume keeps them.

    """
    blocks = [section(f"*{safe(title(decision), NAME * 3)}* · {place(decision)}\n{_EFFECT[act]}")]
    if act is Act.RESUME and pending:
        blocks.append(section(_pending(pending)))
    blocks.extend(_inputs(act, now, override_max))
    return {
        "type": "modal",
        "callback_id": act.value,
        "private_metadata": value,
        "title": plain(TITLES[act]),
        "submit": plain(TITLES[act].partition(" ")[0]),
        "close": plain("Cancel"),
        "blocks": blocks,
    }


def _inputs(act: Act, now: datetime, override_max: timedelta) -> list[Block]:
    reason = text_field("reason", "Why?", most=REASON_MOST, multiline=True)
    match act:
        case Act.OVERRIDE:
            longest = f"At most {span(override_max.total_seconds())} from now. Then it is paused again, or resumed."
            return [
                text_field("category", "Category", most=SHORT_MOST, hint="Words to count by, such as accepted-risk."),
                reason,
                field_of("end", "Until when?", _moment(now + min(override_max, _USUAL), now), hint=longest),
                field_of("link", "Ticket", LINK, optional=True),
            ]
        case Act.DISMISS:
            return [_choice("category", "What was wrong?", DISMISS_CATEGORIES, _CATEGORIES), reason]
        case Act.ROLL_BACK:
            return [
                _choice("what", "What was reverted?", ROLL_BACK_KINDS, {}),
                text_field("from", "From version", most=SHORT_MOST),
                text_field("to", "To version", most=SHORT_MOST),
                reason,
            ]
        case Act.ATTACH:
            return [field_of("link", "Ticket", LINK), _optional(reason)]
        case _:
            return [reason]


def fields_of(values: object) -> dict[str, str]:
    """Return what a person entered as text by block id, from a submission's ``state.values``; instants as RFC 3339."""
    fields: dict[str, str] = {}
    for block_id, elements in values.items() if isinstance(values, Mapping) else ():
        for element in elements.values() if isinstance(elements, Mapping) else ():
            entered = _entered(element) if isinstance(element, Mapping) else None
            if entered is not None:
                fields[str(block_id)] = entered
    return fields


def errors_of(act: Deed, block: str, words: str) -> Block:
    """Return the answer that keeps a dialog open and says at *block* what is wrong with it."""
    if isinstance(act, Declaration):
        known = list(ISSUE_BLOCKS if act is Declaration.ISSUE else STOP_BLOCKS)
    else:
        known = [str(entry["block_id"]) for entry in _inputs(act, _EPOCH, _USUAL)]
    at = block if block in known else known[-1]
    return {"response_action": "errors", "errors": {at: fitted(words, SHORT_MOST * 3)}}


_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def _entered(element: Mapping[str, object]) -> str | None:
    chosen = element.get("selected_option")
    if isinstance(chosen, Mapping):
        return str(chosen.get("value"))
    seconds = element.get("selected_date_time")
    if isinstance(seconds, int) and _FIRST_MOMENT <= seconds <= _LAST_MOMENT:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    value = element.get("value", element.get("selected_date"))
    return value if isinstance(value, str) else None


def _pending(pending: Sequence[tuple[str, datetime | None]]) -> str:
    lines = [f"• {safe(rule, NAME)}{f', since {here(since)}' if since else ''}" for rule, since in pending[:_RULES]]
    more = len(pending) - len(lines)
    head = "*Counting already* and not stopped by this; each may pause the site again:"
    return "\n".join([head, *lines, *([f"• and {more} more"] if more else [])])


def _optional(field: Block) -> Block:
    return field | {"optional": True}


def field_of(block_id: str, label: str, element: Block, *, hint: str | None = None, optional: bool = False) -> Block:
    """Return an input block whose element carries the block's id."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": {"action_id": block_id, **element},
        "optional": optional,
    }
    return block | ({"hint": plain(hint)} if hint else {})


def text_field(block_id: str, label: str, *, most: int, multiline: bool = False, hint: str | None = None) -> Block:
    """Return a field to type text into."""
    element = {"type": "plain_text_input", "multiline": multiline, "max_length": most}
    return field_of(block_id, label, element, hint=hint)


def _choice(block_id: str, label: str, values: Sequence[str], labels: Mapping[str, str]) -> Block:
    options = [{"text": plain(labels.get(value, value.capitalize())), "value": value} for value in values]
    return field_of(block_id, label, {"type": "static_select", "options": options})


def _moment(at: datetime, now: datetime) -> Block:
    """Return a picker set to *at* on the full minute before it, unless that is over already."""
    whole = at.replace(second=0, microsecond=0)
    return {"type": "datetimepicker", "initial_date_time": int((whole if whole > now else at).timestamp())}


def plain(text: str) -> Block:
    """Return plain text."""
    return {"type": "plain_text", "text": text, "emoji": False}
