"""Who may do what through the HTTP API: named tokens, kept as digests, with scopes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a token allows: reading, acting on decisions, administration; the last two include reading."""

    READ = "read"
    ACT = "act"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept; *sha256* is the lower-case hex digest of the secret's UTF-8 bytes, which nobody keeps."""

    name: str
    sha256: str
    scopes: frozenset[Scope]

    def allows(self, scope: Scope) -> bool:
        """Tell whether the token is good for *scope*."""
        return scope in self.scopes or (scope is Scope.READ and bool(self.scopes & {Scope.ACT, Scope.ADMIN}))
