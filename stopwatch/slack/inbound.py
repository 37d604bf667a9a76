"""What Slack sends when somebody clicks or submits, read from a payload whose origin was proven."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from stopwatch.core.decision import Act, DecisionId
from stopwatch.core.inbox import Declaration, Deed, Interaction, Way
from stopwatch.slack.buttons import LABELS, MORE
from stopwatch.slack.modal import TITLES, fields_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECRETS = frozenset(
    {"token", "response_url", "response_urls", "trigger_id", "interactivity_pointer", "bot_access_token"}
)
_USER = re.compile(r"[UW][A-Z0-9]{1,30}")
_CHANNEL = re.compile(r"[CDG][A-Z0-9]{1,30}")
_VALUE = re.compile(r"([a-z0-9_][a-zA-Z0-9_-]{0,120})\|([0-9]{1,9})\|([0-9]{1,6})")
_WORD_MOST = 200
_DEEPEST = 60


class UnreadableError(ValueError):
    """A body that is no interaction of Slack's, whatever it is signed with."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    One interaction as it was understood.

    *deed* is None for what needs nothing done, such as a link button. *trigger* opens a dialog within three seconds
    where *dialog* is set; *value* is what the button carried, *typed* what stood behind a command and *said* the
    message of a shortcut. *submitted*: the deed comes from a dialog. *command*: its answer is shown where it was typed.
    """

    deed: Interaction | None
    action: str
    way: Way
    trigger: str | None = None
    value: str = ""
    dialog: bool = False
    submitted: bool = False
    command: bool = False
    typed: str = ""
    said: str = ""


def payload_of(body: bytes) -> Mapping[str, object]:
    """
    Return the JSON object of a form's field ``payload``; of other forms of Slack's, such as commands, the fields.

    Raises:
        UnreadableError: The body is neither.

    """
    try:
        form = parse_qs(body.decode("utf-8", "strict"), keep_blank_values=True, strict_parsing=True, max_num_fields=100)
    except ValueError as error:
        raise UnreadableError("the body is no form") from error
    if "payload" not in form:
        return {name: values[0] for name, values in form.items()}
    try:
        payload = json.loads(form["payload"][0], parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("the payload is no JSON") from error
    if not isinstance(payload, dict):
        raise UnreadableError("the payload is no object")
    return payload


def asked(payload: Mapping[str, object], way: Way, ticket: str | None) -> Asked:
    """Read one payload; whatever is no act of ours needs nothing done."""
    kind = payload.get("type")
    if kind == "block_actions":
        return _clicked(payload, way, ticket)
    if kind == "view_submission":
        return _submitted(payload, way, ticket)
    if kind == "message_action" and payload.get("callback_id") == Declaration.PAUSE:
        return _shortcut(payload, way, ticket)
    if kind is None and isinstance(payload.get("command"), str):
        return _commanded(payload, way, ticket)
    return Asked(None, "other", way)


def _clicked(payload: Mapping[str, object], way: Way, ticket: str | None) -> Asked:
    actions = payload.get("actions")
    action = actions[0] if isinstance(actions, list) and actions and isinstance(actions[0], dict) else {}
    name = str(action.get("action_id"))
    chosen = action.get("selected_option")
    value = str(chosen.get("value") if isinstance(chosen, Mapping) else action.get("value"))
    if name == MORE:
        value, _, name = value.rpartition("|")
    user, act, seen = _user(payload), _act(name), _seen(value)
    if act is None or user is None or seen is None:
        return Asked(None, "link" if name.startswith("link_") else "other", way)
    container = payload.get("container")
    message = container.get("message_ts") if isinstance(container, Mapping) else None
    key = f"click/{user}/{action.get('action_id')}/{action.get('action_ts')}/{message}"
    deed = _deed(key, act, user, seen, payload=payload, way=way, ticket=ticket)
    trigger = payload.get("trigger_id")
    return Asked(deed, act.value, way, str(trigger) if trigger else None, value, dialog=act in TITLES)


def _submitted(payload: Mapping[str, object], way: Way, ticket: str | None) -> Asked:
    view = payload.get("view")
    view = view if isinstance(view, Mapping) else {}
    value = str(view.get("private_metadata"))
    if view.get("callback_id") == Declaration.PAUSE:
        return _declared(payload, view, way, ticket)
    user, act, seen = _user(payload), _act(str(view.get("callback_id"))), _seen(value)
    if act is None or act not in TITLES or user is None or seen is None:
        return Asked(None, "other", way)
    state = view.get("state")
    fields = fields_of(state.get("values") if isinstance(state, Mapping) else None)
    key = f"dialog/{user}/{view.get('id')}"
    deed = _deed(key, act, user, seen, payload=payload, way=way, ticket=ticket, fields=fields)
    return Asked(deed, act.value, way, value=value, submitted=True)


def _commanded(payload: Mapping[str, object], way: Way, ticket: str | None) -> Asked:
    """Read a slash command, whatever the app's manifest calls it; it asks for the dialog of a manual stop."""
    user, trigger = payload.get("user_id"), payload.get("trigger_id")
    if not isinstance(user, str) or not _USER.fullmatch(user) or not isinstance(trigger, str):
        return Asked(None, "other", way)
    team = {"team": {"id": payload.get("team_id")}}
    once = hashlib.sha256(trigger.encode("utf-8", "replace")).hexdigest()[:32]
    deed = _deed(f"command/{user}/{once}", Declaration.PAUSE, user, payload={**payload, **team}, way=way, ticket=ticket)
    typed = str(payload.get("text") or "")[:_WORD_MOST]
    return Asked(deed, deed.act.value, way, trigger, place_of(deed) or "", dialog=True, command=True, typed=typed)


def _shortcut(payload: Mapping[str, object], way: Way, ticket: str | None) -> Asked:
    """Read a message shortcut; the message is where the reason of a manual stop begins."""
    user, trigger, message = _user(payload), payload.get("trigger_id"), payload.get("message")
    if user is None or not isinstance(trigger, str):
        return Asked(None, "other", way)
    key = f"shortcut/{user}/{payload.get('action_ts')}/{payload.get('message_ts')}"
    deed = _deed(key, Declaration.PAUSE, user, payload=payload, way=way, ticket=ticket)
    said = _storable(str(message.get("text") or "")) if isinstance(message, Mapping) else ""
    return Asked(deed, deed.act.value, way, trigger, place_of(deed) or "", dialog=True, said=said)


def _declared(payload: Mapping[str, object], view: Mapping[str, object], way: Way, ticket: str | None) -> Asked:
    """Read the submitted dialog of a manual stop."""
    user, state = _user(payload), view.get("state")
    if user is None:
        return Asked(None, "other", way)
    fields = fields_of(state.get("values") if isinstance(state, Mapping) else None)
    key = f"dialog/{user}/{view.get('id')}"
    deed = _deed(key, Declaration.PAUSE, user, payload=payload, way=way, ticket=ticket, fields=fields)
    return Asked(deed, deed.act.value, way, submitted=True)


def place_of(deed: Interaction) -> str | None:
    """Return the channel in which a person did something, None where that was in no message and no command."""
    origin = deed.origin
    places = (("container", "channel_id"), ("channel", "id"), ("view", "private_metadata"))
    parts = [(origin.get(outer), inner) for outer, inner in places]
    told = [part.get(inner) for part, inner in parts if isinstance(part, Mapping)]
    known = [name for name in (*told, origin.get("channel_id")) if isinstance(name, str) and _CHANNEL.fullmatch(name)]
    return known[0] if known else None


def _deed(
    key: str,
    act: Deed,
    user: str,
    seen: tuple[DecisionId, int, int] | None = None,
    *,
    payload: Mapping[str, object],
    way: Way,
    ticket: str | None,
    fields: Mapping[str, str] | None = None,
) -> Interaction:
    team = payload.get("team")
    origin = _clean(payload, 0)
    return Interaction(
        key=_storable(key)[: _WORD_MOST * 2],
        way=way,
        act=act,
        user=user,
        decision=seen[0] if seen else DecisionId(""),
        rev=seen[1] if seen else None,
        shown=seen[2] if seen else None,
        team=_storable(str(team.get("id")))[:_WORD_MOST] if isinstance(team, Mapping) else None,
        ticket=ticket,
        fields={_storable(name): _storable(text) for name, text in (fields or {}).items()},
        origin=origin if isinstance(origin, dict) else {},
    )


def _user(payload: Mapping[str, object]) -> str | None:
    user = payload.get("user")
    found = user.get("id") if isinstance(user, Mapping) else None
    return found if isinstance(found, str) and _USER.fullmatch(found) else None


def _act(name: str) -> Act | None:
    return next((act for act in LABELS if act.value == name), None)


def _seen(value: str) -> tuple[DecisionId, int, int] | None:
    found = _VALUE.fullmatch(value)
    return (DecisionId(found[1]), int(found[2]), int(found[3])) if found else None


def _clean(value: object, depth: int) -> object:
    """Return a payload without its secrets and without what no database can keep."""
    if isinstance(value, Mapping):
        kept = ((name, part) for name, part in value.items() if name not in _SECRETS)
        return {_storable(str(name)): _clean(part, depth + 1) for name, part in kept} if depth < _DEEPEST else {}
    if isinstance(value, list):
        return [_clean(part, depth + 1) for part in value] if depth < _DEEPEST else []
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    return value


def _storable(text: str) -> str:
    """Replace half surrogate pairs and zero bytes."""
    return text.encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def _no_number(name: str) -> Iterator[None]:
    raise ValueError(f"{name} is no JSON")
