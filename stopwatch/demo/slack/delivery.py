"""Brings what people did to the app: signed over HTTP, or in an envelope over Socket Mode."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

from stopwatch.demo.slack.people import CannotError
from stopwatch.demo.slack.records import BOT_USER, Message, Value
from stopwatch.demo.slack.socket_mode import Sockets
from stopwatch.demo.slack.workspace import Workspace

ANSWER_SECONDS = 3.0
OK = 200


def signed(body: bytes, *, secret: str, timestamp: int) -> dict[str, str]:
    """The headers that prove that *body* comes from Slack (version 0: HMAC-SHA256 over timestamp and body)."""
    proof = hmac.new(secret.encode(), b"v0:%d:%s" % (timestamp, body), hashlib.sha256).hexdigest()
    return {
        "content-type": "application/x-www-form-urlencoded",
        "x-slack-request-timestamp": str(timestamp),
        "x-slack-signature": f"v0={proof}",
        "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
    }


async def deliver(
    workspace: Workspace, sockets: Sockets, payload: Mapping[str, Any], *, kind: str, transport: str | None, copies: int
) -> list[dict[str, Any]]:
    """
    Bring *payload* to the app *copies* times, each time the very same; tells what came back each time.

    Raises:
        CannotError: Nobody listens on that transport.

    """
    way = transport or ("socket" if sockets.sessions else "http")
    if way == "socket" and not sockets.sessions:
        raise CannotError("no Socket Mode session is open")
    if way == "http" and workspace.settings.request_url is None:
        raise CannotError("no request URL is set and no Socket Mode session is open")
    outcomes: list[dict[str, Any]] = []
    envelope_id: str | None = None
    for _ in range(copies):
        started = time.monotonic()
        if way == "socket":
            envelope_id, outcome = await _by_socket(sockets, payload, kind=kind, envelope_id=envelope_id)
        else:
            outcome = await _by_http(workspace, payload, kind=kind)
        outcomes.append({"transport": way, **outcome, "seconds": round(time.monotonic() - started, 4)})
    return outcomes


async def _by_socket(
    sockets: Sockets, payload: Mapping[str, Any], *, kind: str, envelope_id: str | None
) -> tuple[str | None, dict[str, Any]]:
    try:
        name, said = await sockets.send(kind, dict(payload), envelope_id=envelope_id)
    except (TimeoutError, ConnectionError, RuntimeError) as error:
        return envelope_id, {"ok": False, "error": f"not acknowledged: {type(error).__name__}", "answer": None}
    return name, {"ok": True, "status": None, "envelope_id": name, "answer": said}


async def _by_http(workspace: Workspace, payload: Mapping[str, Any], *, kind: str) -> dict[str, Any]:
    fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
    body = urlencode(fields).encode()
    headers = signed(body, secret=workspace.settings.signing_secret, timestamp=int(workspace.now()))
    url = workspace.settings.request_url or ""
    try:
        async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            response = await client.post(url, content=body, headers=headers)
    except httpx.HTTPError as error:
        return {"ok": False, "error": f"{type(error).__name__}: {error}", "status": None, "answer": None}
    return {"ok": response.status_code == OK, "status": response.status_code, "answer": _said(response.text)}


def _said(text: str) -> Value:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def answer_command(workspace: Workspace, command: Mapping[str, Any], outcome: Mapping[str, Any]) -> None:
    """Show what the app answered to a slash command where it was typed, to who typed it unless it says otherwise."""
    said = outcome.get("answer")
    text = said.get("text") if isinstance(said, dict) else said if isinstance(said, str) else None
    if not text:
        return
    public = isinstance(said, dict) and said.get("response_type") == "in_channel"
    only = None if public else str(command["user_id"])
    workspace.add(Message(workspace.next_ts(), str(command["channel_id"]), BOT_USER, str(text), only_for=only))


def settle_view(workspace: Workspace, view: str, outcome: Mapping[str, Any]) -> None:
    """Close, keep or replace the modal *view*, as the app answered to its submission."""
    held = workspace.views.get(view)
    if held is None:
        return
    said = outcome.get("answer")
    action = said.get("response_action") if isinstance(said, dict) else None
    held["errors"] = {}
    if not outcome.get("ok"):
        held["errors"] = {"": "We had some trouble connecting. Try again?"}
    elif action == "errors" and isinstance(said, dict):
        held["errors"] = dict(said.get("errors", {}))
        known = {block["block_id"] for block in held["view"]["blocks"] if block["type"] == "input"}
        for name in sorted(set(held["errors"]) - known):
            workspace.object_to("view_submission", f"errors name {name}, which is no input block of the view")
    elif action in {"update", "push"} and isinstance(said, dict):
        held["view"] = held["view"] | dict(said.get("view", {}))
    else:
        held["open"] = False
