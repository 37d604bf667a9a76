"""The acts as forms: which fields each needs, and what a filled-in form asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from stopwatch.core.acts import DISMISS_CATEGORIES, NEEDS_REASON, ROLL_BACK_KINDS, ActRequest
from stopwatch.core.decision import LINK_KINDS, Act, Decision, DecisionState, GroundKind, Link
from stopwatch.core.errors import ActIncompleteError
from stopwatch.web.figures import local

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

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
    Act.RESOLVE: "a ground that no data can end is over",
    Act.ATTACH: "a ticket or other evidence",
}
_S = DecisionState
_FIRST = {
    _S.OPEN: (Act.ACKNOWLEDGE, Act.CONFIRM, Act.OVERRIDE),
    _S.ACKNOWLEDGED: (Act.CONFIRM, Act.OVERRIDE, Act.ROLL_BACK),
    _S.CONFIRMED: (Act.RESUME, Act.OVERRIDE, Act.ROLL_BACK),
    _S.OVERRIDDEN: (Act.PAUSE_AGAIN, Act.RESUME, Act.ROLL_BACK),
    _S.FLAGGED: (Act.CLOSE,),
}
"""What is likely to come next in each state; the other acts follow."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a form; of *choices* one is chosen, or any number where *many* is set."""

    name: str
    label: str
    required: bool = True
    value: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """One act with what must be filled in, and what one should know before; *first* says that it is likely next."""

    act: str
    help: str
    fields: tuple[Field, ...]
    notes: tuple[str, ...]
    first: bool


def forms_of(
    decision: Decision, pending: Sequence[tuple[str, datetime | None]], zone: ZoneInfo, *, override_max: timedelta
) -> list[Form]:
    """
    Return the acts that are possible in the decision's state, those that are likely next first.

    Args:
        decision: The decision.
        pending: Rules of its site that are pending and no ground of it, with since when.
        zone: In which times are written.
        override_max: The longest override that the plan allows.

    """
    first = _FIRST.get(decision.state, ())
    possible = [act for act in (*first, *(act for act in Act if act not in first)) if _possible(act, decision)]
    return [
        Form(
            act.value,
            HELP[act],
            _fields(act, decision, override_max),
            _notes(act, decision, pending, zone),
            act in first,
        )
        for act in possible
    ]


def _possible(act: Act, decision: Decision) -> bool:
    return decision.after(act) is not None and (act is not Act.RESOLVE or bool(_resolvable(decision)))


def _resolvable(decision: Decision) -> tuple[str, ...]:
    """Return the grounds that a person may resolve: declared by one, or of a rule that is gone."""
    return tuple(
        ground.id
        for ground in decision.grounds
        if ground.resolved_at is None and (ground.kind is GroundKind.MANUAL or ground.unwatched)
    )


def _notes(
    act: Act, decision: Decision, pending: Sequence[tuple[str, datetime | None]], zone: ZoneInfo
) -> tuple[str, ...]:
    if act is not Act.RESUME:
        return ()
    held = [ground.name for ground in decision.grounds if not ground.over]
    notes = [f"Refused as long as a ground holds: {', '.join(held)}."] if held else []
    if pending:
        rules = [f"{rule} since {local(since, zone)}" if since is not None else rule for rule, since in pending]
        notes.append(f"These rules are pending and go on counting after a resume: {', '.join(rules)}.")
    return tuple(notes)


def _fields(act: Act, decision: Decision, override_max: timedelta) -> tuple[Field, ...]:
    reason = (Field("reason", "Reason", required=act in NEEDS_REASON),)
    grounds = tuple(ground.id for ground in decision.grounds)
    if act is Act.OVERRIDE:
        most = override_max.total_seconds() / 3600
        return (
            Field(
                "grounds", "Grounds that are accepted; any other one pauses the site again", choices=grounds, many=True
            ),
            Field("category", "Category, such as accepted-risk"),
            Field("hours", f"For how many hours, at most {most:g}", value=f"{min(1.0, most):g}"),
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
        return (
            Field("kind", "What it is", choices=LINK_KINDS),
            Field("link", "Address (https://…)"),
            Field("ground", "Ground", choices=grounds),
            *reason,
        )
    return reason


def filled_in(body: bytes) -> dict[str, str]:
    """
    Return the fields of a posted form; of a field that comes twice the last counts, but grounds are a list of lines.

    Raises:
        ActIncompleteError: It is no form.

    """
    try:
        found = parse_qs(body.decode(), max_num_fields=MOST_FIELDS)
    except ValueError:
        raise ActIncompleteError("form", "this is no form that was filled in here") from None
    return {name: "\n".join(values) if name == "grounds" else values[-1] for name, values in found.items()}


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
    accepted = tuple(filled.get("grounds", "").splitlines()) if act is Act.OVERRIDE else None
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
        grounds=accepted,
        links=_links(filled),
    )


def _links(filled: Mapping[str, str]) -> tuple[Link, ...]:
    """Return the attached link, if any; it is checked for its form and never fetched."""
    url, kind = filled.get("link", "").strip(), filled.get("kind", LINK_KINDS[0])
    if not url:
        return ()
    if kind not in LINK_KINDS:
        raise ActIncompleteError("kind", f"a link is one of {', '.join(LINK_KINDS)}")
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.netloc or not url.isprintable() or " " in url:
        raise ActIncompleteError("link", "a link begins with https:// or http:// and names a host")
    return (Link(kind, url),)


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
