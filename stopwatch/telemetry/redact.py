"""Keeping secrets out of whatever is written: known values, and what looks like a credential."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable

REDACTED = "[redacted]"
_SHORTEST = 4
"""A known value shorter than this would blot out ordinary text; such a thing protects nothing anyway."""

_LOOKS_SECRET = (
    (re.compile(r"\bx(?:ox[a-z]|app)-[A-Za-z0-9-]+"), REDACTED),
    (re.compile(r"\b(Bearer)(\s+|%20|\+)[A-Za-z0-9._~+/=-]+", re.IGNORECASE), rf"\1\2{REDACTED}"),
    (re.compile(r"\b(Basic)(\s+|%20|\+)[A-Za-z0-9+/=]{8,}", re.IGNORECASE), rf"\1\2{REDACTED}"),
    (re.compile(r"(://)[^/\s'\"]*@"), rf"\1{REDACTED}@"),
    (re.compile(r"\b[\w.%+-]{1,64}:[^\s/@:'\"]{1,256}@(?=[\w\[])"), f"{REDACTED}@"),
    (re.compile(r"(hooks\.slack\.com/[a-z]+/)[^\s'\"]+", re.IGNORECASE), rf"\1{REDACTED}"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/=]+"), REDACTED),
)


class Redactor:
    """Replaces secrets in text; the same one serves log, errors and everything else that leaves the process."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Know *secrets* by value, also as they appear within URLs and quoted text."""
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        # Longest first, so that a secret within another does not leave the rest of it behind.
        ordered = sorted(forms, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def __call__(self, text: str) -> str:
        """Return *text* without secrets."""
        if self._known is not None:
            text = self._known.sub(REDACTED, text)
        for pattern, replacement in _LOOKS_SECRET:
            text = pattern.sub(replacement, text)
        return text


def _forms(secret: str) -> set[str]:
    """Return how *secret* may be written: plain, in URLs, and with quotes and backslashes escaped."""
    return {
        secret,
        quote(secret, safe=""),
        quote(secret),
        repr(secret)[1:-1],
        secret.replace("\\", "\\\\").replace('"', '\\"'),
    }
