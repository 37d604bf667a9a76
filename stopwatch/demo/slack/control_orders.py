"""Orders to the emulator: faults, settings, tokens, and who and what exists in the workspace."""

from dataclasses import fields, replace
from typing import Annotated, Any

from fastapi import Body, FastAPI
from starlette.responses import JSONResponse

from stopwatch.demo.slack.faults import Fault
from stopwatch.demo.slack.pace import Buckets
from stopwatch.demo.slack.records import Channel, Group, Person
from stopwatch.demo.slack.socket_mode import Sockets
from stopwatch.demo.slack.workspace import Settings, Workspace

Order = Annotated[dict[str, Any], Body()]
Told = dict[str, Any]


def add_orders(app: FastAPI, workspace: Workspace, sockets: Sockets) -> None:
    """Give *app* the orders that change how the emulator answers."""
    _add_faults(app, workspace)
    _add_settings(app, workspace)

    @app.post("/control/disconnect")
    async def disconnect() -> Told:
        return {"ok": True, "closed": await sockets.disconnect()}

    @app.post("/control/reset")
    def reset() -> Told:
        with workspace.lock:
            workspace.reset()
        return {"ok": True}


def _add_faults(app: FastAPI, workspace: Workspace) -> None:
    @app.post("/control/faults")
    def add_fault(order: Annotated[Told | list[Told], Body()]) -> JSONResponse:
        try:
            faults = [Fault.from_json(item) for item in (order if isinstance(order, list) else [order])]
        except ValueError as error:
            return JSONResponse({"ok": False, "error": str(error)}, status_code=422)
        with workspace.lock:
            for fault in faults:
                workspace.faults.add(fault)
            return JSONResponse({"ok": True, "waiting": workspace.faults.waiting()})

    @app.delete("/control/faults")
    def clear_faults() -> Told:
        with workspace.lock:
            workspace.faults.clear()
        return {"ok": True}


def _add_settings(app: FastAPI, workspace: Workspace) -> None:
    @app.post("/control/settings")
    def settings(order: Order) -> JSONResponse:
        paces = {key: order.pop(key) for key in ("per_second", "burst", "tiers") if key in order}
        unknown = set(order) - {item.name for item in fields(Settings)}
        if unknown:
            return JSONResponse({"ok": False, "error": f"unknown settings {sorted(unknown)}"}, status_code=422)
        with workspace.lock:
            for key, value in order.items():
                setattr(workspace.settings, key, value)
            if paces:
                workspace.buckets = Buckets(replace(workspace.buckets.pace, **paces))
        return JSONResponse({"ok": True})

    @app.post("/control/tokens")
    def tokens(order: Order) -> Told:
        with workspace.lock:
            workspace.tokens[order["token"]] = order.get("state", "good")
        return {"ok": True}

    @app.post("/control/scopes")
    def scopes(order: Order) -> Told:
        with workspace.lock:
            workspace.scopes |= set(order.get("add", []))
            workspace.scopes -= set(order.get("remove", []))
            return {"ok": True, "scopes": sorted(workspace.scopes)}


def add_world(app: FastAPI, workspace: Workspace) -> None:
    """Give *app* the orders that change what exists."""

    @app.post("/control/channels")
    def channels(order: Order) -> Told:
        with workspace.lock:
            known = workspace.channels.get(order["id"], Channel(order["id"], order["id"].lower()))
            workspace.channels[order["id"]] = replace(known, **order)
        return {"ok": True}

    @app.post("/control/people")
    def persons(order: Order) -> Told:
        with workspace.lock:
            workspace.people[order["id"]] = Person(**order)
        return {"ok": True}

    @app.post("/control/groups")
    def groups(order: Order) -> Told:
        with workspace.lock:
            workspace.groups[order["id"]] = Group(**order)
        return {"ok": True}
