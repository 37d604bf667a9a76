"""A request that is done once however often it is sent: its idempotency key, and the answer that is kept for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

LIFE = timedelta(hours=24)
"""How long an answer is kept; a key that is older may be used anew."""


@dataclass(frozen=True, slots=True)
class Once:
    """The *key* that *caller* chose for a request; *request* is the SHA-256 of what was asked, in hex."""

    caller: str
    key: str
    request: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was sent: its HTTP *status* and its JSON; *replayed* if it was kept from an earlier request."""

    status: int
    body: str
    replayed: bool = False
