"""Credentials of a source: one kind of them, and none in plain sight."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.node import Fields, Scalar
from stopwatch.config.validate import shown

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Node

SECRET_HEADERS = ("authorization", "cookie", "x-api-key", "api-key", "apikey", "x-auth-token")
"""Headers whose values let somebody in; tenants, such as X-Scope-OrgID, do not."""


def check_sources(sources: Node | None, found: Complaints) -> None:
    """Complain about credentials that cannot be meant together, and warn of those that lie in the plan."""
    for entry in sources.entries.values() if isinstance(sources, Fields) else ():
        source = entry.value
        if isinstance(source, Fields):
            _check_kinds(source, found)
            _check_headers(source.get("headers"), found)


def _check_kinds(source: Fields, found: Complaints) -> None:
    token, user, password = map(source.get, ("token_file", "user", "password_file"))
    if token is not None and (extra := user or password) is not None:
        hint = "keep token_file (bearer), or user with password_file (basic)"
        found.add(extra.place.complaint("two-credentials", "token_file is there too; a source has one of both", hint))
    elif (user is None) != (password is None):
        there, absent = (user, "password_file") if user is not None else (password, "user")
        if there is not None:
            found.add(there.place.complaint("half-a-login", f"{absent} is missing", "give user and password_file"))


def _check_headers(headers: Node | None, found: Complaints) -> None:
    for name, entry in headers.entries.items() if isinstance(headers, Fields) else ():
        if name.lower() in SECRET_HEADERS and isinstance(entry.value, Scalar):
            message = f"{shown(name)} lets in whoever reads this file"
            hint = "keep it in a file of its own: token_file, or user with password_file"
            found.add(entry.key.complaint("secret-in-plan", message, hint, severity=Weight.WARNING))
