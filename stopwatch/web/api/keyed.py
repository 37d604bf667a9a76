"""Idempotency keys: what a client sends so that its request is done once, however often it has to send it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated

from fastapi import Header
from fastapi.responses import Response

from stopwatch.core.once import Answer, Once

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pydantic import BaseModel
    from starlette.requests import Request

    from stopwatch.core.access import Token
    from stopwatch.web.ports import Acts, Writes

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"

Key = Annotated[
    str | None,
    Header(
        alias=HEADER,
        max_length=255,
        pattern=r"^[!-~]{1,255}$",
        description="Chosen by the client, new for each new request (a UUID is good). The same key with the same "
        "request by the same token is answered as before for 24 h, without being done twice, also after a crash; "
        "with another request it is 422; while the first is being answered it is 409. Refusals are not kept.",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]


def answered(value: Mapping[str, object], status: int = 200) -> Answer:
    """Write *value* as the answer that is sent and, if there is a key, kept."""
    return Answer(status, json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")))


def done(
    writes: Writes, who: Token, key: str | None, request: Request, body: BaseModel, work: Callable[[Acts], Answer]
) -> Response:
    """Do *work*, once if the request carries a key, and send its answer."""
    answer = work(writes) if key is None else writes.once(_asked(who, key, request, body), work)
    headers = {REPLAYED: "true"} if answer.replayed else None
    return Response(answer.body, answer.status, headers, "application/json")


def _asked(who: Token, key: str, request: Request, body: BaseModel) -> Once:
    """Name the request: two bodies that say the same are the same, however they were written."""
    said = body.model_dump_json(by_alias=True, exclude_unset=True)
    named = json.dumps([request.method, request.url.path, json.loads(said)], sort_keys=True)
    return Once(who.name, _unquoted(key), hashlib.sha256(named.encode()).hexdigest())


def _unquoted(key: str) -> str:
    """Take off the quotes that a structured header puts around a string."""
    inner = len(key) > 2 and key.startswith('"') and key.endswith('"')  # noqa: PLR2004 – two quotes hold nothing
    return key[1:-1] if inner else key
