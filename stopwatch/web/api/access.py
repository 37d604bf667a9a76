"""The door of every endpoint: what a request must show before it is read any further."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Depends, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer
from starlette.requests import Request
from starlette.types import Receive, Send
from starlette.types import Scope as Passage

from stopwatch.core.access import Scope, Token
from stopwatch.web.api.problem import ProblemError
from stopwatch.web.tokens import Keyring, Unidentified, identify

BEARER = HTTPBearer(
    scheme_name="token",
    description="A token made by `stopwatch token NAME`. Its scopes: `read`; `act` and `admin`, which both include "
    "reading. Where the daemon listens on loopback without a tokens file, reading needs none and acting is refused.",
    auto_error=False,
)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="stopwatch"'}
_CHECKED = "stopwatch.caller"

Caller = Token | None
"""Who calls; None where no tokens file is set and the endpoint is open on loopback."""


def wants(scope: Scope) -> Any:  # noqa: ANN401 – what FastAPI calls a dependency
    """Describe for OpenAPI that an endpoint wants *scope*; the door itself is `Access.door`."""
    return Security(BEARER, scopes=[scope.value])


def _acting(request: Request) -> Token:
    caller = request.scope.get(_CHECKED)
    if not isinstance(caller, Token):
        raise ProblemError(HTTPStatus.UNAUTHORIZED, Unidentified.ABSENT.value, headers=_CHALLENGE)
    return caller


Acting = Annotated[Token, Depends(_acting)]
"""Whoever came through a door that lets nobody in without a name."""


class Access:
    """The rules of one application."""

    def __init__(self, keyring: Keyring) -> None:
        """Ask *keyring* at every request, for its tokens may be replaced."""
        self._keyring = keyring

    def door(self, scope: Scope) -> type[APIRoute]:
        """Return the kind of route that lets in whom *scope* allows, before anything of the body is read."""
        check = {Scope.READ: self._reading, Scope.ACT: self._acting, Scope.ADMIN: self._administering}[scope]

        class Door(APIRoute):
            async def handle(self, scope: Passage, receive: Receive, send: Send) -> None:
                if scope["method"] in (self.methods or ()):
                    scope[_CHECKED] = check(Request(scope))
                await super().handle(scope, receive, send)

        return Door

    def _reading(self, request: Request) -> Caller:
        """Let anybody read without a tokens file, else any known token that may read."""
        return self._need(request, Scope.READ) if self._keyring.needed else None

    def _acting(self, request: Request) -> Caller:
        """Let nobody act without a token, for every act has a name behind it."""
        return self._need(request, Scope.ACT)

    def _administering(self, request: Request) -> Caller:
        """Without a tokens file administration is open on loopback, but to no web page."""
        if self._keyring.needed:
            return self._need(request, Scope.ADMIN)
        # A browser names the page that sends a POST; such a page is never ours.
        if "origin" in request.headers:
            raise ProblemError(HTTPStatus.FORBIDDEN, "a web page may not do this without a token")
        return None

    def _need(self, request: Request, scope: Scope) -> Token:
        found = identify(request.headers.get("authorization"), self._keyring.tokens)
        if isinstance(found, Unidentified):
            raise ProblemError(HTTPStatus.UNAUTHORIZED, found.value, headers=_CHALLENGE)
        if not found.allows(scope):
            raise ProblemError(HTTPStatus.FORBIDDEN, f"the token {found.name} lacks the scope {scope.value}")
        return found
