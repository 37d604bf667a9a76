"""Modals and the opening of Socket Mode."""

from typing import Any

from stopwatch.demo.slack.arguments import Arguments
from stopwatch.demo.slack.blocks import as_stored
from stopwatch.demo.slack.payloads import accept_view
from stopwatch.demo.slack.records import APP_ID, BOT_ID, TEAM_ID, RefusedError
from stopwatch.demo.slack.workspace import Workspace


def open_view(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """views.open: a trigger is good for a few seconds and for one view."""
    view = accept_view(args.structure("view", refused="invalid_arguments"))
    trigger = args.text("trigger_id") or args.text("interactivity_pointer")
    if trigger not in workspace.triggers:
        raise RefusedError("invalid_arguments" if not trigger else "invalid_trigger_id", "[ERROR] invalid `trigger_id`")
    issued, user, used = workspace.triggers[trigger]
    if used:
        raise RefusedError("exchanged_trigger_id")
    if workspace.now() - issued > workspace.settings.trigger_seconds:
        raise RefusedError("expired_trigger_id")
    workspace.triggers[trigger] = (issued, user, True)
    name = workspace.next_id("V")
    opened = _stored_view(workspace, view) | {
        "id": name,
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "bot_id": BOT_ID,
        "root_view_id": name,
        "state": {"values": {}},
    }
    workspace.views[name] = {"view": opened, "user": user, "open": True}
    return {"ok": True, "view": opened}


def update_view(workspace: Workspace, args: Arguments) -> dict[str, Any]:
    """views.update: the hash, when given, must be the newest."""
    view = accept_view(args.structure("view", refused="invalid_arguments"))
    wanted, external = args.text("view_id"), args.text("external_id")
    held = next(
        (
            item
            for item in workspace.views.values()
            if item["open"] and (item["view"]["id"] == wanted or (external and item["view"]["external_id"] == external))
        ),
        None,
    )
    if held is None:
        raise RefusedError("not_found")
    if args.has("hash") and args.text("hash") != held["view"]["hash"]:
        raise RefusedError("hash_conflict")
    held["view"] = held["view"] | _stored_view(workspace, view)
    return {"ok": True, "view": held["view"]}


def _stored_view(workspace: Workspace, view: dict[str, Any]) -> dict[str, Any]:
    unset = {"private_metadata": "", "callback_id": "", "external_id": "", "clear_on_close": False}
    stored = unset | {"notify_on_close": False, "submit": None, "close": None} | view
    return stored | {"blocks": as_stored(view["blocks"], workspace.numbers), "hash": f"{workspace.next_ts()}.hash"}


def open_connection(workspace: Workspace, _args: Arguments) -> dict[str, Any]:
    """apps.connections.open: the address of a Socket Mode session, good for one connection."""
    ticket = workspace.next_id("W")
    workspace.tickets.add(ticket)
    root = workspace.api_root.removesuffix("api/").replace("http://", "ws://")
    return {"ok": True, "url": f"{root}socket/{ticket}?app_id={APP_ID}"}
