"""The HTTP side of the emulator that frameworks hide: reading a request as Slack does, and cutting a connection."""

import json
import socket
import struct
from asyncio import Transport
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from uvicorn.protocols.http.h11_impl import H11Protocol

from stopwatch.demo.slack.records import RefusedError

MOST_BYTES = 1_048_576
Connections = dict[tuple[str, int], Transport]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: the arguments from query and body together, and where the token was."""

    verb: str
    token: str | None
    values: Mapping[str, Any]
    as_json: bool
    unreadable: str | None


def cuttable(open_connections: Connections) -> type[H11Protocol]:
    """Uvicorn's HTTP protocol that also notes its transports, so that a fault can cut them."""

    class CuttableProtocol(H11Protocol):
        def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn narrows it
            super().connection_made(transport)
            open_connections[_peer(transport)] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            open_connections.pop(_peer(self.transport), None)
            super().connection_lost(exc)

    return CuttableProtocol


def _peer(transport: Transport) -> tuple[str, int]:
    name = transport.get_extra_info("peername") or ("", 0)
    return str(name[0]), int(name[1])


def cut(open_connections: Connections, request: Request) -> None:
    """Reset the connection of *request*; the client sees ECONNRESET instead of an answer."""
    client = request.client
    transport = open_connections.get((client.host, client.port)) if client else None
    if transport is None:
        return
    wire = transport.get_extra_info("socket")
    if wire is not None:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def read(request: Request) -> Asked:
    """Read *request*; a body Slack cannot read is noted by Slack's code in ``unreadable``."""
    values: dict[str, Any] = dict(parse_qsl(request.url.query, keep_blank_values=True))
    raw = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    unreadable: str | None = None
    as_json = False
    if raw:
        try:
            inside = _decoded(raw, kind)
            as_json = kind == "application/json" and bool(set(inside) - {"token"})
            values |= inside
        except RefusedError as refused:
            unreadable = refused.code
    token = values.pop("token", None)
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer.strip():
        token = bearer.strip()
    return Asked(request.method, token if isinstance(token, str) else None, values, as_json, unreadable)


def _decoded(raw: bytes, kind: str) -> dict[str, Any]:
    if len(raw) > MOST_BYTES:
        raise RefusedError("request_too_large")
    if kind == "application/json":
        try:
            inside = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise RefusedError("invalid_json") from error
        if not isinstance(inside, dict):
            raise RefusedError("json_not_object")
        return {name: value for name, value in inside.items() if value is not None}
    if kind == "application/x-www-form-urlencoded":
        try:
            return dict(parse_qsl(raw.decode(), keep_blank_values=True))
        except UnicodeDecodeError as error:
            raise RefusedError("invalid_charset") from error
    raise RefusedError("invalid_post_type")
