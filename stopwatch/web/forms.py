"""The acts as forms: which fields each needs, and what a filled-in form asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from stopwatch.core.acts import DISMISS_CATEGORIES, NEEDS_REASON, ROLL_BACK_KINDS, ActRequest
from stopwatch.core.decision import TRANSITIONS, Act, Decision, GroundKind, Link
from stopwatch.core.errors import ActIncompleteError

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_FIELDS = 50
HELP = {
    Act.ACKNOWLEDGE: "you have seen it and are looking",
    Act.CONFIRM: "the pause is right",
    Act.RESUME: "let the site go on, every ground is over",
    Act.OVERRIDE: "let it go on although a ground holds",
    Act.DISMISS: "a false alarm, or a fault in the data",
    Act.ROLL_BACK: "the change was rolled back",
    Act.PAUSE_AGAIN: "end the override early",
    Act.CLOSE: "end it by hand",
    Act.RESOLVE: "a manual ground is over",
    Act.ATTACH: "a ticket or other evidence",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form."""

    name: str
    label: str
    required: bool = True
    value: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """One act with what must be filled in."""

    act: str
    help: str
    fields: tuple[Field, ...]


def forms_of(decision: Decision) -> list[Form]:
    """Return the acts that are possible in the decision's state; resolve only while a ground waits for it."""
    return [Form(act.value, HELP[act], _fields(act, decision)) for act in Act if _possible(act, decision)]


def _possible(act: Act, decision: Decision) -> bool:
    return decision.state in TRANSITIONS[act] and (act is not Act.RESOLVE or bool(_resolvable(decision)))


def _resolvable(decision: Decision) -> tuple[str, ...]:
    """Return the grounds that a person may resolve: declared by one, or of a rule that is gone."""
    return tuple(
        ground.id
        for ground in decision.grounds
        if ground.resolved_at is None and (ground.kind is GroundKind.MANUAL or ground.unwatched)
    )


def _fields(act: Act, decision: Decision) -> tuple[Field, ...]:
    reason = (Field("reason", "Reason", required=act in NEEDS_REASON),)
    grounds = tuple(ground.id for ground in decision.grounds)
    if act is Act.OVERRIDE:
        return (
            Field("category", "Category, such as accepted-risk"),
            Field("hours", "For how many hours", value="1"),
            *reason,
        )
    if act is Act.DISMISS:
        return (Field("category", "Category", choices=DISMISS_CATEGORIES), *reason)
    if act is Act.ROLL_BACK:
        what = Field("what", "What was reverted", choices=ROLL_BACK_KINDS)
        return (what, Field("from", "From version"), Field("to", "To version"), *reason)
    if act is Act.RESOLVE:
        return (Field("ground", "Ground", choices=_resolvable(decision)), *reason)
    if act is Act.ATTACH:
        return (Field("ground", "Ground", choices=grounds), Field("link", "Address (https://…)"), *reason)
    return reason


def filled_in(body: bytes) -> dict[str, str]:
    """
    Return the fields of a posted form; of a field that comes twice the last counts.

    Raises:
        ActIncompleteError: It is no form.

    """
    try:
        found = parse_qs(body.decode(), max_num_fields=MOST_FIELDS)
    except ValueError:
        raise ActIncompleteError("form", "this is no form that was filled in here") from None
    return {name: values[-1] for name, values in found.items()}


def request_of(filled: Mapping[str, str], *, actor: str, now: datetime) -> ActRequest:
    """
    Return the act that a filled-in form asks for.

    Raises:
        ActIncompleteError: A field is missing or unusable.

    """
    try:
        act = Act(filled.get("act", ""))
    except ValueError:
        raise ActIncompleteError("act", "there is no such act") from None
    link = filled.get("link", "").strip()
    if link and not link.startswith(("https://", "http://")):
        raise ActIncompleteError("link", "a link begins with https:// or http://")
    return ActRequest(
        act,
        actor,
        filled.get("reason"),
        rev=_number(filled, "rev"),
        shown=_number(filled, "shown"),
        category=filled.get("category"),
        until=now + _hours(filled["hours"]) if "hours" in filled else None,
        what=filled.get("what"),
        from_version=filled.get("from"),
        to_version=filled.get("to"),
        ground=filled.get("ground"),
        links=(Link("ticket", link),) if link else (),
    )


def _number(filled: Mapping[str, str], name: str) -> int:
    text = filled.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 9:  # noqa: PLR2004 – no decision has a milliard of them
        raise ActIncompleteError(name, "this form is not the one that was served; load the page again")
    return int(text)


def _hours(text: str) -> timedelta:
    try:
        hours = float(text.replace(",", "."))
    except ValueError:
        hours = math.nan
    if not 0 < hours < 1000:  # noqa: PLR2004 – the plan's own bound comes later and is far below
        raise ActIncompleteError("hours", "give the hours as a number, such as 1.5")
    return timedelta(hours=hours)
