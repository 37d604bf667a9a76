"""The outermost layer: security headers on every answer, and a bound on every body."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException

from stopwatch.web.api.problem import problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 256 * 1024
"""The most bytes of a request's body; Slack's and Alertmanager's largest payloads are well below."""

MOST_DRAINED = 16 * LARGEST_BODY
"""How much of a body that is too large is taken all the same: who is cut off while sending reads no answer."""

SECURITY_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What every answer carries unless its endpoint says otherwise."""


class Guard:
    """Wraps an application: answers 413 to a body over the limit, HEAD as GET, and adds the security headers."""

    def __init__(self, app: ASGIApp, *, largest_body: int = LARGEST_BODY) -> None:
        """Wrap *app*."""
        self._app = app
        self._largest = largest_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one exchange on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                allowed = headers.get("allow", "").split(", ")
                if "GET" in allowed and "HEAD" not in allowed:
                    headers["allow"] = ", ".join(sorted([*allowed, "HEAD"]))
            await send(message)

        headers = Headers(scope=scope)
        # The parser has refused anything that is no number, and a chunked body announces nothing.
        if int(headers.get("content-length", "0")) > self._largest:
            if "expect" not in headers:
                await _drain(receive)
            await problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._words(), headers={"Connection": "close"})(
                scope, receive, send_guarded
            )
            return
        await self._app(_as_get(scope), self._counted(receive), send_guarded)

    def _counted(self, receive: Receive) -> Receive:
        """Return *receive* with a count of the bytes that came."""
        seen = 0

        async def receive_counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._largest:
                if message.get("more_body"):
                    await _drain(receive)
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, self._words(), headers={"Connection": "close"})
            return message

        return receive_counted

    def _words(self) -> str:
        return f"a body may have at most {self._largest} bytes"


async def _drain(receive: Receive) -> None:
    """Take what a client still sends, within bounds, and forget it."""
    seen = 0
    while seen <= MOST_DRAINED:
        message = await receive()
        seen += len(message.get("body", b""))
        if not message.get("more_body"):
            return


def _as_get(scope: Scope) -> Scope:
    """Let HEAD be answered as GET is; the server itself holds the body back."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
