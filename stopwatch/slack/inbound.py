"""What Slack sends when somebody clicks or submits, read from a payload whose origin was proven."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
_ISSUE = re.compile(r"[^|]*\|([^|]{1,200})\|([0-9]{1,6})")
"""What the dialog that changes an issue hands back: the channel, the issue, and how many entries of it were seen."""
_ISSUE_WORDS = frozenset({"issue", "issues"})
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
    if kind == "message_action" and _declaration(payload) is not None:
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
    if _declaration(view) is not None:
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
    """Read a slash command, whatever the app's manifest calls it; it asks for a manual stop, or for the issue log."""
    user, trigger = payload.get("user_id"), payload.get("trigger_id")
    if not isinstance(user, str) or not _USER.fullmatch(user) or not isinstance(trigger, str):
        return Asked(None, "other", way)
    team = {"team": {"id": payload.get("team_id")}}
    once = hashlib.sha256(trigger.encode("utf-8", "replace")).hexdigest()[:32]
    typed = _storable(str(payload.get("text") or ""))[:_WORD_MOST]
    first, _, rest = typed.strip().partition(" ")
    act, fields = Declaration.PAUSE, {}
    if first.casefold() in _ISSUE_WORDS:
        act, typed, fields = Declaration.ISSUE, rest.strip(), {"words": rest.strip()}
    key, full = f"command/{user}/{once}", {**payload, **team}
    deed = _deed(key, act, user, payload=full, way=way, ticket=ticket, fields=fields)
    return Asked(deed, act.value, way, trigger, place_of(deed) or "", dialog=True, command=True, typed=typed)


def _shortcut(payload: Mapping[str, object], way: Way, ticket: str | None) -> Asked:
    """Read a message shortcut; the message is where the reason of a manual stop, or an issue, begins."""
    user, act = _user(payload), _declaration(payload)
    trigger, message = payload.get("trigger_id"), payload.get("message")
    if user is None or act is None or not isinstance(trigger, str):
        return Asked(None, "other", way)
    key = f"shortcut/{user}/{payload.get('action_ts')}/{payload.get('message_ts')}"
    deed = _deed(key, act, user, payload=payload, way=way, ticket=ticket)
    said = _storable(str(message.get("text") or "")) if isinstance(message, Mapping) else ""
    return Asked(deed, act.value, way, trigger, place_of(deed) or "", dialog=True, said=said)


def _declared(payload: Mapping[str, object], view: Mapping[str, object], way: Way, ticket: str | None) -> Asked:
    """Read the submitted dialog of a manual stop, or of the issue log; the latter says which issue was seen."""
    user, act, state = _user(payload), _declaration(view), view.get("state")
    if user is None or act is None:
        return Asked(None, "other", way)
    fields = fields_of(state.get("values") if isinstance(state, Mapping) else None)
    shown = _ISSUE.fullmatch(str(view.get("private_metadata"))) if act is Declaration.ISSUE else None
    if shown is not None:
        fields["issue"] = shown[1]
    deed = _deed(f"dialog/{user}/{view.get('id')}", act, user, payload=payload, way=way, ticket=ticket, fields=fields)
    deed = replace(deed, rev=int(shown[2])) if shown is not None else deed
    return Asked(deed, act.value, way, submitted=True)


def place_of(deed: Interaction) -> str | None:
    """Return the channel in which a person did something, None where that was in no message and no command."""
    origin = deed.origin
    places = (("container", "channel_id"), ("channel", "id"), ("view", "private_metadata"))
    parts = [(origin.get(outer), inner) for outer, inner in places]
    told = [part.get(inner) for part, inner in parts if isinstance(part, Mapping)]
    named = [name.partition("|")[0] for name in (*told, origin.get("channel_id")) if isinstance(name, str)]
    known = [name for name in named if _CHANNEL.fullmatch(name)]
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


def _declaration(sent: Mapping[str, object]) -> Declaration | None:
    """Return what a shortcut or a dialog declares, by its callback."""
    return next((each for each in Declaration if sent.get("callback_id") == each.value), None)


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
