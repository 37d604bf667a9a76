"""The door of every endpoint: what a request must show before it is answered."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Request, Security
from fastapi.security import HTTPBearer

from stopwatch.web.problem import ProblemError
from stopwatch.web.tokens import Scope, Token, Unidentified, identify

BEARER = HTTPBearer(
    scheme_name="token",
    description="A token made by `stopwatch token NAME`; needed once a tokens file is set.",
    auto_error=False,
)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="stopwatch"'}

Caller = Token | None
"""Who calls; None where no tokens file is set and the endpoint is open on loopback."""


class Access:
    """The rules of one application: its tokens, and what is open without any."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        """Take the tokens of the tokens file; none means that there is no such file."""
        self._tokens = tuple(tokens)

    def reading(self) -> Callable[[Request], Caller]:
        """Return the check for reading: open without tokens, else any known token that may read."""

        def may_read(request: Request, _: Annotated[object, Security(BEARER)] = None) -> Caller:
            return self._need(request, Scope.READ) if self._tokens else None

        return may_read

    def acting(self) -> Callable[[Request], Token]:
        """Return the check for acts upon decisions: always a token, for every act has a name behind it."""

        def may_act(request: Request, _: Annotated[object, Security(BEARER)] = None) -> Token:
            return self._need(request, Scope.ACT)

        return may_act

    def administering(self) -> Callable[[Request], Caller]:
        """Return the check for administration: without tokens it is open on loopback, but to no web page."""

        def may_administer(request: Request, _: Annotated[object, Security(BEARER)] = None) -> Caller:
            if self._tokens:
                return self._need(request, Scope.ADMIN)
            # A browser names the page that sends a POST; such a page is never ours.
            if "origin" in request.headers:
                raise ProblemError(HTTPStatus.FORBIDDEN, "a web page may not do this without a token")
            return None

        return may_administer

    def _need(self, request: Request, scope: Scope) -> Token:
        found = identify(request.headers.get("authorization"), self._tokens)
        if isinstance(found, Unidentified):
            raise ProblemError(HTTPStatus.UNAUTHORIZED, found.value, headers=_CHALLENGE)
        if not found.allows(scope):
            raise ProblemError(HTTPStatus.FORBIDDEN, f"the token {found.name} lacks the scope {scope.value}")
        return found
