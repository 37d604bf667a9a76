"""The control API: everything that was seen, as JSON under /control; orders and people have files of their own."""

from dataclasses import asdict
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

from stopwatch.demo.slack.control_orders import Told, add_orders, add_world
from stopwatch.demo.slack.control_people import add_people
from stopwatch.demo.slack.people import CannotError
from stopwatch.demo.slack.records import Message
from stopwatch.demo.slack.socket_mode import Sockets
from stopwatch.demo.slack.workspace import Workspace


def message_facts(message: Message) -> dict[str, Any]:
    """Everything about *message*, as the log and tests want it."""
    return asdict(message)


def add_control(app: FastAPI, workspace: Workspace, sockets: Sockets) -> None:
    """Give *app* the control API."""

    @app.exception_handler(CannotError)
    async def cannot(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"ok": False, "error": str(error)}, status_code=409)

    @app.exception_handler(KeyError)
    async def lacking(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"ok": False, "error": f"the order lacks {error}"}, status_code=422)

    _add_seen(app, workspace, sockets)
    add_orders(app, workspace, sockets)
    add_world(app, workspace)
    add_people(app, workspace, sockets)


def _add_seen(app: FastAPI, workspace: Workspace, sockets: Sockets) -> None:
    @app.get("/control/log")
    def log(method: str | None = None) -> list[Any]:
        with workspace.lock:
            return [asdict(item) for item in workspace.log if method in {None, item.method}]

    @app.get("/control/messages")
    def messages(channel: str | None = None) -> list[Any]:
        with workspace.lock:
            workspace.settle()
            wanted = list(workspace.channels) if channel is None else [channel]
            return [message_facts(item) for name in wanted for item in workspace.all_messages(name)]

    @app.get("/control/violations")
    def violations() -> list[Any]:
        with workspace.lock:
            return [asdict(item) for item in workspace.violations]

    @app.get("/control/views")
    def views() -> list[Any]:
        with workspace.lock:
            return list(workspace.views.values())

    @app.get("/control/responses")
    def responses() -> list[Any]:
        with workspace.lock:
            return [order for held in workspace.response_urls.values() for order in held["said"]]

    @app.get("/control/state")
    def state() -> Told:
        with workspace.lock:
            return {
                "channels": [asdict(item) for item in workspace.channels.values()],
                "people": [asdict(item) for item in workspace.people.values()],
                "groups": [asdict(item) for item in workspace.groups.values()],
                "settings": {
                    key: value for key, value in asdict(workspace.settings).items() if key != "signing_secret"
                },
                "pace": asdict(workspace.buckets.pace),
                "faults": workspace.faults.waiting(),
                "sessions": len(sockets.sessions),
            }
