"""The HTTP server: the Web API with its faults, the upload address and response URLs."""

import asyncio
import json
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from stopwatch.demo.slack import methods
from stopwatch.demo.slack.faults import Fault
from stopwatch.demo.slack.records import BOT_ID, Call, RateLimitedError, RefusedError
from stopwatch.demo.slack.wire import Asked, Connections, cut, read
from stopwatch.demo.slack.workspace import Workspace

UPLOAD = "upload"
"""What faults and violations call the address that takes the bytes of files; any fault there is an HTTP status."""
FAILED = "<!DOCTYPE html><html><head><title>Server Error</title></head><body><h1>Sorry</h1></body></html>"


def add_api(app: FastAPI, workspace: Workspace, connections: Connections) -> None:
    """Give *app* the addresses that the product talks to."""

    @app.api_route("/api/{name}", methods=["GET", "POST"], include_in_schema=False)
    async def call(request: Request, name: str) -> Response:
        asked = await read(request)
        with workspace.lock:
            workspace.settle()
            channel = asked.values.get("channel")
            fault = workspace.faults.strike(name, channel if isinstance(channel, str) else None)
        if fault is None:
            return _plain(workspace, name, asked, None)
        return await _struck(workspace, connections, request, name=name, asked=asked, fault=fault)

    @app.post("/upload/{name}", include_in_schema=False)
    async def upload(request: Request, name: str) -> Response:
        body = await request.body()
        with workspace.lock:
            fault = workspace.faults.strike(UPLOAD, None)
            if fault is not None:
                return PlainTextResponse(FAILED, status_code=fault.status)
            held = workspace.files.get(name)
            if held is None or held["length"] != len(body):
                workspace.object_to(UPLOAD, f"{len(body)} bytes sent to {name}, which does not expect them")
                return PlainTextResponse("invalid upload", status_code=400)
            held["content"] = body
        return PlainTextResponse(f"OK - {len(body)}")


def _perform(workspace: Workspace, name: str, asked: Asked) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Status, answer and headers of the call as it takes effect now."""
    headers = {"x-oauth-scopes": ",".join(sorted(workspace.scopes)), "x-slack-req-id": workspace.next_id("R")}
    if asked.unreadable is not None:
        workspace.object_to(name, f"body not readable: {asked.unreadable}")
        return 200, RefusedError(asked.unreadable).answer(), headers
    try:
        return 200, methods.answer(workspace, name, asked.token, asked.values, as_json=asked.as_json), headers
    except RefusedError as refused:
        return 200, refused.answer(), headers
    except RateLimitedError as limited:
        return 429, {"ok": False, "error": "ratelimited"}, headers | {"retry-after": str(limited.seconds)}


def _note(
    workspace: Workspace,
    name: str,
    asked: Asked,
    *,
    status: int | None,
    answer: dict[str, Any] | None,
    fault: str | None,
) -> None:
    workspace.log.append(Call(workspace.now(), name, asked.verb, asked.values, status, answer, fault))


def _plain(workspace: Workspace, name: str, asked: Asked, fault: str | None) -> Response:
    with workspace.lock:
        workspace.settle()
        status, answer, headers = _perform(workspace, name, asked)
        _note(workspace, name, asked, status=status, answer=answer, fault=fault)
        return JSONResponse(answer, status_code=status, headers=headers)


async def _struck(
    workspace: Workspace, connections: Connections, request: Request, *, name: str, asked: Asked, fault: Fault
) -> Response:
    """Let *fault* have its way with the call."""
    if fault.kind == "slow":
        await asyncio.sleep(fault.seconds)
        return _plain(workspace, name, asked, fault.kind)
    with workspace.lock:
        if fault.kind == "late":
            workspace.later(fault.seconds, lambda: _perform(workspace, name, asked))
        elif fault.kind == "lost":
            return _lose(workspace, name, asked, fault)
        elif fault.accepted:
            _perform(workspace, name, asked)
        if fault.kind in {"status", "error"}:
            return _false_answer(workspace, name, asked, fault)
        _note(workspace, name, asked, status=None, answer=None, fault=fault.kind)
    await asyncio.sleep(fault.hold if fault.kind == "late" else fault.seconds if fault.kind == "hang" else 0.0)
    cut(connections, request)
    await asyncio.sleep(0)
    return Response(status_code=502)


def _lose(workspace: Workspace, name: str, asked: Asked, fault: Fault) -> Response:
    status, answer, headers = _perform(workspace, name, asked)
    _note(workspace, name, asked, status=status, answer=answer, fault=fault.kind)
    message = workspace.find(str(answer.get("channel")), str(answer.get("ts")))
    if answer["ok"] and message is not None and name == "chat.postMessage":

        def vanish() -> None:
            message.lost = True

        workspace.later(fault.seconds, vanish)
        workspace.settle()
    return JSONResponse(answer, status_code=status, headers=headers)


def _false_answer(workspace: Workspace, name: str, asked: Asked, fault: Fault) -> Response:
    headers = {} if fault.retry_after is None else {"retry-after": fault.retry_after}
    if fault.kind == "error":
        answer = {"ok": False, "error": fault.error}
        _note(workspace, name, asked, status=200, answer=answer, fault=fault.kind)
        return JSONResponse(answer, headers=headers)
    body = FAILED if fault.body is None else fault.body
    _note(workspace, name, asked, status=fault.status, answer=None, fault=fault.kind)
    return Response(body, status_code=fault.status, headers=headers, media_type=fault.content_type)


def add_response_urls(app: FastAPI, workspace: Workspace) -> None:
    """Give *app* the response URLs that interactive payloads carry."""

    @app.post("/response/{name}", include_in_schema=False)
    async def respond(request: Request, name: str) -> Response:
        raw = await request.body()
        with workspace.lock:
            held = workspace.response_urls.get(name)
            if held is None or held["left"] <= 0 or workspace.now() > held["until"]:
                return PlainTextResponse("used_url", status_code=404)
            held["left"] -= 1
            try:
                order = json.loads(raw)
            except ValueError:
                workspace.object_to("response_url", "no JSON")
                return PlainTextResponse("invalid_payload", status_code=400)
            held["said"].append(order)
        return JSONResponse({"ok": True, "bot_id": BOT_ID})
