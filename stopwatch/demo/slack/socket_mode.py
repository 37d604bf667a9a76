"""Socket Mode: sessions over WebSocket, envelopes out, acknowledgements in."""

import asyncio
import json
import uuid
from typing import Any

from fastapi import FastAPI
from starlette.websockets import WebSocket, WebSocketDisconnect

from stopwatch.demo.slack.records import APP_ID, Value
from stopwatch.demo.slack.workspace import Workspace

POLICY_VIOLATION = 1008


class Sockets:
    """The open sessions and the acknowledgements still waited for; lives on the server's loop."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.sessions: list[WebSocket] = []
        self.waiting: dict[str, asyncio.Future[Any]] = {}

    async def send(self, kind: str, payload: Value, *, envelope_id: str | None = None) -> tuple[str, Value]:
        """
        Send one envelope to the newest session and wait three seconds for its acknowledgement.

        Raises:
            TimeoutError: Nobody acknowledged; a real Slack would tell the person so.
            ConnectionError: No session is open.

        """
        if not self.sessions:
            raise ConnectionError("no Socket Mode session is open")
        name = envelope_id or str(uuid.uuid4())
        told = {"envelope_id": name, "type": kind, "payload": payload, "accepts_response_payload": True}
        answered = self.waiting.setdefault(name, asyncio.get_running_loop().create_future())
        await self.sessions[-1].send_text(json.dumps(told))
        try:
            async with asyncio.timeout(3.0):
                return name, await answered
        finally:
            self.waiting.pop(name, None)

    def acknowledge(self, text: str) -> None:
        """Take one message of the app."""
        try:
            told = json.loads(text)
            name = told["envelope_id"]
        except (ValueError, TypeError, KeyError):
            self.workspace.object_to("socket mode", "a message without envelope_id")
            return
        answered = self.waiting.get(name)
        if answered is not None and not answered.done():
            answered.set_result(told.get("payload"))

    async def disconnect(self) -> int:
        """Ask every session to come again and close it, as Slack does every few hours."""
        sessions, self.sessions = self.sessions, []
        for session in sessions:
            await session.send_text(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))
            await session.close()
        return len(sessions)


def add_socket(app: FastAPI, workspace: Workspace, sockets: Sockets) -> None:
    """Give *app* the address that apps.connections.open hands out."""

    @app.websocket("/socket/{ticket}")
    async def session(websocket: WebSocket, ticket: str) -> None:
        with workspace.lock:
            known = ticket in workspace.tickets
            workspace.tickets.discard(ticket)
        if not known:
            await websocket.close(POLICY_VIOLATION)
            return
        await websocket.accept()
        hello = {"type": "hello", "num_connections": len(sockets.sessions) + 1, "connection_info": {"app_id": APP_ID}}
        await websocket.send_text(json.dumps(hello))
        sockets.sessions.append(websocket)
        try:
            while True:
                sockets.acknowledge(await websocket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            if websocket in sockets.sessions:
                sockets.sessions.remove(websocket)
