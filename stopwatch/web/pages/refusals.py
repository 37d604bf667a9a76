"""Refusals as people read them: what is a problem document to a program is a page in the house's look to a browser."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.requests import Request

from stopwatch.web.api.problem import MEDIA_TYPE

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from stopwatch.web.pages.records import Pages

PROGRAMS = ("/api/", "/-/", "/metrics", "/openapi.json", "/slack/", "/static/")
"""What programs ask for: they get problem documents, whatever they accept."""
AGAIN_SECONDS = 5
_SAID: dict[int, tuple[str, str]] = {
    403: ("You may not do this", "Nothing changed. Sign in with a token that may, or ask who runs stopwatch for one."),
    404: ("There is nothing here", "The address may be mistyped, or what it named has never been recorded."),
    405: ("This address is not for looking at", "It takes what a form sends. Go back and use the form."),
    409: ("Somebody was faster", "Nothing changed. Look at the decision as it stands now, then decide again."),
    413: ("That is too large", "Nothing changed. Shorten what you wrote and send it again."),
    422: ("Something is missing", "Nothing changed. Go back, mend it and send it again."),
    500: ("stopwatch failed to answer", "Nothing is known to be wrong with the watch itself; the log says what broke."),
    503: (
        "Not just now",
        "Nothing is lost and nothing changed; the watch goes on by itself. This page asks again every few seconds.",
    ),
}


class RefusalPages:
    """Wraps an application: browsers that ask for a page get its refusals as pages, everybody else as they are."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        """Wrap *app* and draw with the frame of *pages*."""
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one exchange on."""
        if scope["type"] != "http" or not _for_people(scope):
            await self._app(scope, receive, send)
            return
        held: list[Message] = []
        body = bytearray()

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_problem(message):
                held.append(message)
                return
            if not held:
                await send(message)
                return
            body.extend(message.get("body", b""))
            if not message.get("more_body", False):
                await self._tell(Request(scope), held[0], bytes(body), receive, send)

        await self._app(scope, receive, send_told)

    async def _tell(self, request: Request, start: Message, body: bytes, receive: Receive, send: Send) -> None:
        status = int(start["status"])
        said = json.loads(body)
        title, advice = _SAID.get(status, (HTTPStatus(status).phrase, ""))
        facts = {
            "status": status,
            "title": title,
            "detail": said.get("detail", ""),
            "advice": advice,
            "refused": True,
        }
        again = status == HTTPStatus.SERVICE_UNAVAILABLE and request.method == "GET"
        session = self._pages.session(request)
        answer = self._pages.answer(
            "refusal.html", facts, session, refresh=AGAIN_SECONDS if again else 0, status=status
        )
        for name, value in Headers(raw=start["headers"]).items():
            if name not in {"content-type", "content-length"}:
                answer.headers.setdefault(name, value)
        await answer(request.scope, receive, send)


def _for_people(scope: Scope) -> bool:
    return "text/html" in Headers(scope=scope).get("accept", "") and not scope["path"].startswith(PROGRAMS)


def _is_problem(message: Message) -> bool:
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] >= HTTPStatus.BAD_REQUEST and kind.startswith(MEDIA_TYPE)
