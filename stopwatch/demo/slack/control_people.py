"""Simulated people under /control: what they say, click, submit and delete, and what the app answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI

from stopwatch.demo.slack import people
from stopwatch.demo.slack.control_orders import Order, Told
from stopwatch.demo.slack.delivery import answer_command, deliver, settle_view
from stopwatch.demo.slack.people import CannotError
from stopwatch.demo.slack.socket_mode import Sockets
from stopwatch.demo.slack.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Way:
    """How what people do reaches the app."""

    workspace: Workspace
    sockets: Sockets

    async def bring(self, payload: Mapping[str, Any], order: Told, kind: str) -> list[dict[str, Any]]:
        """Deliver *payload* by the transport and as often as *order* says."""
        way, copies = order.get("transport"), int(order.get("copies", 1))
        return await deliver(self.workspace, self.sockets, payload, kind=kind, transport=way, copies=copies)


def add_people(app: FastAPI, workspace: Workspace, sockets: Sockets) -> None:
    """Give *app* the people."""
    way = Way(workspace, sockets)
    _add_words(app, workspace)
    _add_clicks(app, workspace, way)
    _add_commands(app, workspace, way)


def _add_words(app: FastAPI, workspace: Workspace) -> None:
    @app.post("/control/messages")
    def say(order: Order) -> Told:
        with workspace.lock:
            said = people.say(
                workspace, order["channel"], order["user"], order["text"], thread_ts=order.get("thread_ts")
            )
        return {"ok": True, "ts": said}

    @app.post("/control/delete")
    def delete(order: Order) -> Told:
        with workspace.lock:
            found = workspace.find(order["channel"], order["ts"])
            if found is None:
                raise CannotError(f"there is no message {order['ts']}")
            found.deleted = True
        return {"ok": True}


def _add_clicks(app: FastAPI, workspace: Workspace, way: Way) -> None:
    @app.post("/control/click")
    async def click(order: Order) -> Told:
        wanted = {key: str(order[key]) for key in ("channel", "ts", "action_id", "user")}
        outcomes: list[dict[str, Any]] = []
        for _ in range(int(order.get("times", 1))):
            with workspace.lock:
                workspace.settle()
                payload = people.click(workspace, **wanted, value=order.get("value"))
            outcomes += await way.bring(payload, order, "interactive")
        return {"ok": all(item["ok"] for item in outcomes), "outcomes": outcomes}

    @app.post("/control/submit")
    async def submit(order: Order) -> Told:
        with workspace.lock:
            payload = people.submit(workspace, view=order["view"], user=order["user"], values=order.get("values", {}))
        outcomes = await way.bring(payload, order, "interactive")
        with workspace.lock:
            settle_view(workspace, order["view"], outcomes[0])
        return {"ok": all(item["ok"] for item in outcomes), "outcomes": outcomes}

    @app.post("/control/close")
    def close(order: Order) -> Told:
        with workspace.lock:
            workspace.views[order["view"]]["open"] = False
        return {"ok": True}


def _add_commands(app: FastAPI, workspace: Workspace, way: Way) -> None:
    @app.post("/control/command")
    async def command(order: Order) -> Told:
        with workspace.lock:
            payload = people.command(
                workspace,
                channel=order["channel"],
                user=order["user"],
                command=order["command"],
                text=order.get("text", ""),
            )
        outcomes = await way.bring(payload, order, "slash_commands")
        with workspace.lock:
            answer_command(workspace, payload, outcomes[0])
        return {"ok": all(item["ok"] for item in outcomes), "outcomes": outcomes}

    @app.post("/control/shortcut")
    async def shortcut(order: Order) -> Told:
        with workspace.lock:
            payload = people.shortcut(
                workspace,
                channel=order["channel"],
                ts=order["ts"],
                user=order["user"],
                callback_id=order["callback_id"],
            )
        outcomes = await way.bring(payload, order, "interactive")
        return {"ok": all(item["ok"] for item in outcomes), "outcomes": outcomes}
