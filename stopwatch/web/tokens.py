"""Who may call what: bearer tokens that are stored hashed, with scopes."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from enum import StrEnum
from typing import TYPE_CHECKING

from stopwatch.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.access import Token


class Keyring:
    """
    The tokens in force; a reload replaces them while requests are answered.

    Args:
        tokens: The tokens of the tokens file.
        needed: Whether a tokens file is set: without one reading is open, with one that is empty it is not.

    """

    def __init__(self, tokens: Sequence[Token] = (), *, needed: bool | None = None) -> None:
        self._tokens = tuple(tokens)
        self.needed = bool(tokens) if needed is None else needed

    @property
    def tokens(self) -> tuple[Token, ...]:
        """The tokens in force at this moment."""
        return self._tokens

    def replace(self, tokens: Sequence[Token]) -> None:
        """Let other tokens count from now on."""
        self._tokens = tuple(tokens)


class Unidentified(StrEnum):
    """Why a request carries no usable token."""

    ABSENT = "this request needs a bearer token"
    MALFORMED = "the Authorization header must read: Bearer <token>"
    UNKNOWN = "this token is not known"


def identify(authorization: str | None, tokens: Sequence[Token]) -> Token | Unidentified:
    """
    Find the token that an ``Authorization`` header carries.

    Every stored digest is compared, each in constant time, so that the answer's time says nothing about any of them.
    """
    if authorization is None:
        return Unidentified.ABSENT
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        return Unidentified.MALFORMED
    # Header values reach us as Latin-1 text; this gives back the bytes that were sent.
    digest = hashlib.sha256(secret.strip().encode("latin-1", "replace")).hexdigest()
    found = [token for token in tokens if hmac.compare_digest(digest.encode(), token.sha256.lower().encode())]
    return found[0] if found else Unidentified.UNKNOWN


def require_tokens(host: str, tokens: Sequence[Token]) -> None:
    """
    Refuse to listen where others can reach us unless there are tokens.

    Raises:
        ConfigurationError: *host* is no loopback address and *tokens* is empty.

    """
    if not tokens and not is_loopback(host):
        raise ConfigurationError(
            f"STOPWATCH_LISTEN is {host or 'every address'}, which others can reach: set STOPWATCH_API_TOKENS_FILE, "
            "or listen on 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach *host*; a name other than localhost counts as reachable."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
