"""What people do, as the payloads Slack makes of it: words in a thread, clicks, modals, commands and shortcuts."""

import json
import secrets
from collections.abc import Mapping
from typing import Any

from stopwatch.demo.slack.blocks import interactive
from stopwatch.demo.slack.records import APP_ID, TEAM_ID, Message, Person, Value
from stopwatch.demo.slack.workspace import Workspace

URL_USES = 5
URL_SECONDS = 1_800.0


class CannotError(Exception):
    """What is asked of a person cannot be done in a real Slack either; the text says why."""


def say(workspace: Workspace, channel: str, user: str, text: str, *, thread_ts: str | None = None) -> str:
    """
    Post *text* as *user*; gives the ts.

    Raises:
        CannotError: No such channel or person.

    """
    if channel not in workspace.channels:
        raise CannotError(f"there is no channel {channel}")
    _person(workspace, user)
    root = thread_ts if thread_ts is not None and workspace.find(channel, thread_ts) is not None else None
    seen = workspace.now() + workspace.settings.history_lag
    message = Message(workspace.next_ts(), channel, user, text, thread_ts=root, visible_at=seen)
    workspace.add(message)
    return message.ts


def click(
    workspace: Workspace, *, channel: str, ts: str, action_id: str, user: str, value: str | None = None
) -> dict[str, Any]:
    """
    A block_actions payload; *value* chooses an option of a menu.

    Raises:
        CannotError: No such message, person, element or option.

    """
    message = workspace.find(channel, ts)
    if message is None:
        raise CannotError(f"there is no message {ts} in {channel}")
    for block in message.blocks:
        for _, part in interactive(block):
            if part.get("action_id") == action_id:
                payload = _opening(workspace, "block_actions", user)
                payload |= _about(workspace, message)
                payload["state"] = {"values": {}}
                payload["actions"] = [_action(workspace, part, block["block_id"], value)]
                return payload
    raise CannotError(f"message {ts} has no element {action_id}")


def submit(workspace: Workspace, *, view: str, user: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """
    A view_submission payload; *values* gives one value per block id, other inputs hold what they began with.

    Raises:
        CannotError: No such view, or an input is missing that the client would ask for.

    """
    held = workspace.views.get(view)
    if held is None or not held["open"]:
        raise CannotError(f"there is no open view {view}")
    state: dict[str, Any] = {}
    for block in held["view"]["blocks"]:
        if block["type"] == "input":
            first = _initial(block["element"])
            given = values.get(block["block_id"], first)
            if given in {None, ""} and not block.get("optional", False):
                raise CannotError(f"{block['block_id']} must be filled in")
            state[block["block_id"]] = {block["element"]["action_id"]: _entered(block["element"], given)}
    payload = _opening(workspace, "view_submission", user)
    payload["view"] = held["view"] | {"state": {"values": state}}
    payload["response_urls"] = []
    return payload


def command(workspace: Workspace, *, channel: str, user: str, command: str, text: str) -> dict[str, str]:
    """
    The form fields of a slash command.

    Raises:
        CannotError: No such channel or person.

    """
    person = _person(workspace, user)
    if channel not in workspace.channels:
        raise CannotError(f"there is no channel {channel}")
    return {
        "team_id": TEAM_ID,
        "team_domain": "warehouse",
        "channel_id": channel,
        "channel_name": workspace.channels[channel].name,
        "user_id": user,
        "user_name": person.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url(workspace),
        "trigger_id": trigger(workspace, user),
    }


def shortcut(workspace: Workspace, *, channel: str, ts: str, user: str, callback_id: str) -> dict[str, Any]:
    """
    A message shortcut (message_action).

    Raises:
        CannotError: No such message or person.

    """
    message = workspace.find(channel, ts)
    if message is None:
        raise CannotError(f"there is no message {ts} in {channel}")
    payload = _opening(workspace, "message_action", user) | _about(workspace, message)
    payload |= {"callback_id": callback_id, "message_ts": ts, "action_ts": workspace.next_ts()}
    del payload["container"]
    return payload


def trigger(workspace: Workspace, user: str) -> str:
    """A trigger id, good for a few seconds and one view."""
    name = f"{next(workspace.numbers)}.{secrets.randbelow(10**9)}.{secrets.token_hex(16)}"
    workspace.triggers[name] = (workspace.now(), user, False)
    return name


def response_url(workspace: Workspace) -> str:
    """An address that takes five answers within half an hour."""
    name = secrets.token_hex(12)
    until = workspace.now() + URL_SECONDS
    workspace.response_urls[name] = {"left": URL_USES, "until": until, "said": []}
    return f"{workspace.api_root.removesuffix('api/')}response/{name}"


def _person(workspace: Workspace, user: str) -> Person:
    person = workspace.people.get(user)
    if person is None:
        raise CannotError(f"there is no person {user}")
    return person


def _opening(workspace: Workspace, kind: str, user: str) -> dict[str, Any]:
    person = _person(workspace, user)
    return {
        "type": kind,
        "user": {"id": user, "username": person.name, "name": person.name, "team_id": TEAM_ID},
        "api_app_id": APP_ID,
        "token": "verification-token-is-deprecated",
        "team": {"id": TEAM_ID, "domain": "warehouse"},
        "enterprise": None,
        "is_enterprise_install": False,
        "trigger_id": trigger(workspace, user),
    }


def _about(workspace: Workspace, message: Message) -> dict[str, Any]:
    container: dict[str, Any] = {
        "type": "message",
        "message_ts": message.ts,
        "channel_id": message.channel,
        "is_ephemeral": message.only_for is not None,
    }
    if message.thread_ts is not None:
        container["thread_ts"] = message.thread_ts
    return {
        "container": container,
        "channel": {"id": message.channel, "name": workspace.channels[message.channel].name},
        "message": json.loads(json.dumps(workspace.as_slack(message, all_metadata=True))),
        "response_url": response_url(workspace),
    }


def _action(workspace: Workspace, part: Mapping[str, Any], block_id: str, value: str | None) -> dict[str, Any]:
    acted = {"type": part["type"], "action_id": part["action_id"], "block_id": block_id}
    acted["action_ts"] = workspace.next_ts()
    if part["type"] == "button":
        return acted | {name: part[name] for name in ("text", "value", "style", "url") if name in part}
    return acted | _entered(part, value)


def _initial(part: Mapping[str, Any]) -> Value:
    """What an element holds as long as nobody has touched it."""
    option = part.get("initial_option")
    if isinstance(option, dict):
        return option["value"]
    names = ("initial_date_time", "initial_date", "initial_value", "initial_user")
    return next((part[name] for name in names if name in part), None)


def _entered(part: Mapping[str, Any], given: Value) -> dict[str, Any]:
    """The state of one element once a person has given it a value."""
    kind = part["type"]
    told: dict[str, Any] = {"type": kind}
    if kind in {"overflow", "static_select", "radio_buttons"}:
        return told | {"selected_option": None if given in {None, ""} else _option(part, str(given))}
    if kind in {"checkboxes", "multi_static_select"}:
        chosen = given if isinstance(given, list) else [] if given is None else [given]
        return told | {"selected_options": [_option(part, str(one)) for one in chosen]}
    if kind == "datetimepicker":
        return told | {"selected_date_time": None if given in {None, ""} else int(given)}
    if kind == "datepicker":
        return told | {"selected_date": given or None}
    if kind == "timepicker":
        return told | {"selected_time": given}
    if kind == "users_select":
        return told | {"selected_user": given}
    return told | {"value": None if given in {None, ""} else str(given)}


def _option(part: Mapping[str, Any], value: str) -> dict[str, Any]:
    groups = part.get("option_groups", [])
    offered = [*part.get("options", []), *(option for group in groups for option in group["options"])]
    for option in offered:
        if option.get("value") == value:
            return dict(option)
    raise CannotError(f"{part.get('action_id')} offers no {value}")
