"""Who is signed in at the pages: sessions in memory, made from a token, gone with the process."""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from stopwatch.core.access import Scope, Token
from stopwatch.web.tokens import Unidentified, identify

if TYPE_CHECKING:
    from stopwatch.web.tokens import Keyring

COOKIE = "stopwatch_session"
LASTS = timedelta(hours=12)
MOST = 1000
"""So many sessions are kept; the oldest gives way."""


@dataclass(frozen=True, slots=True)
class Session:
    """One signed-in token: *csrf* must come with every form, *ends* is when the session is over."""

    token: Token
    csrf: str
    ends: datetime

    @property
    def name(self) -> str:
        """The token's name."""
        return self.token.name

    @property
    def may_act(self) -> bool:
        """Whether the token may act upon decisions."""
        return self.token.allows(Scope.ACT)

    def vouches(self, csrf: str) -> bool:
        """Tell whether a form was served to this session."""
        return hmac.compare_digest(csrf.encode(), self.csrf.encode())


class Sessions:
    """The sessions of one process; safe to be used from any thread."""

    def __init__(self, keyring: Keyring) -> None:
        """Take the tokens that may sign in; a session ends with its token."""
        self._keyring = keyring
        self._known: dict[str, Session] = {}
        self._lock = threading.Lock()

    @property
    def needed(self) -> bool:
        """Whether pages are shown to known callers only."""
        return self._keyring.needed

    def sign_in(self, secret: str, *, now: datetime) -> str | None:
        """Begin a session for the token of that secret and return the cookie's value; None if nobody knows it."""
        found = identify(f"Bearer {secret.strip()}", self._keyring.tokens)
        if isinstance(found, Unidentified) or not found.allows(Scope.READ):
            return None
        cookie = secrets.token_urlsafe(32)
        with self._lock:
            self._known = {name: each for name, each in self._known.items() if each.ends > now}
            while len(self._known) >= MOST:
                del self._known[next(iter(self._known))]
            self._known[cookie] = Session(found, secrets.token_urlsafe(32), now + LASTS)
        return cookie

    def of(self, cookie: str | None, *, now: datetime) -> Session | None:
        """Return the session of a cookie, None if there is none or it is over."""
        found = self._known.get(cookie) if cookie is not None else None
        if found is None or now >= found.ends or found.token not in self._keyring.tokens:
            return None
        return found

    def sign_out(self, cookie: str | None) -> None:
        """End a session."""
        with self._lock:
            self._known.pop(cookie or "", None)

    def bearer(self, authorization: str | None) -> bool:
        """Tell whether a program shows a token that may read."""
        found = identify(authorization, self._keyring.tokens)
        return not isinstance(found, Unidentified) and found.allows(Scope.READ)
