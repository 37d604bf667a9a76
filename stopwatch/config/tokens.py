"""Tokens of the HTTP API: kept as hashes with scopes, made once and shown once."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from stopwatch.config.complaint import Complaint, Complaints, ComplaintsError
from stopwatch.config.fields import Identifier, Strict, mistake
from stopwatch.config.node import Node, at
from stopwatch.config.validate import shown, validated
from stopwatch.config.yaml import load_file
from stopwatch.core.access import Scope, Token
from stopwatch.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SECRET_BYTES = 32
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token just made: *secret* is shown once, *line* goes into the tokens file below ``tokens:``."""

    name: str
    secret: str
    line: str


def _digest(value: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise mistake("bad-digest", "must be 64 hexadecimal digits", "`stopwatch token NAME` prints a line to paste")
    return value.lower()


class TokenModel(Strict):
    """One token."""

    name: Identifier = Field(description="Who acts with it; written into the audit record.")
    sha256: Annotated[str, AfterValidator(_digest), WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"})]
    scopes: Annotated[list[Annotated[Scope, Field(strict=False)]], Field(min_length=1)]


class TokensFile(Strict):
    """The tokens file."""

    tokens: list[TokenModel]


def load_tokens(path: Path) -> tuple[Token, ...]:
    """
    Read the tokens file at *path*.

    Raises:
        ComplaintsError: It cannot be used; every complaint has its place.

    """
    found = Complaints()
    node, complaints = load_file(path)
    found.extend(_missing_file(one, path) if one.code == "file-missing" else one for one in complaints)
    read = None if node is None else validated(TokensFile, node, found)
    if node is not None and read is not None:
        _check_twice(read, node, found)
    if read is None or found.errors:
        raise ComplaintsError(found)
    return tuple(Token(token.name, token.sha256, frozenset(token.scopes)) for token in read.tokens)


def _missing_file(complaint: Complaint, path: Path) -> Complaint:
    """Say what a tokens file is where there is none; a rule folder's hint would lead astray."""
    hint = f"(echo tokens:; stopwatch token NAME) > {path} makes it; STOPWATCH_API_TOKENS_FILE names it"
    return replace(complaint, hint=hint)


def _check_twice(read: TokensFile, node: Node, found: Complaints) -> None:
    seen: set[str] = set()
    for index, token in enumerate(read.tokens):
        for key, value in (("name", token.name), ("sha256", token.sha256)):
            if value in seen:
                words = f"a token {shown(value)} was given before" if key == "name" else "this digest was given before"
                place = at(node, ("tokens", index, key)).place
                found.add(place.complaint("duplicate-token", words, "make a token of its own for each caller"))
            seen.add(value)


def new_token(name: str, scopes: Sequence[str] = (Scope.READ, Scope.ACT)) -> NewToken:
    """
    Make a token called *name*.

    Raises:
        ConfigurationError: The name or a scope is unusable.

    """
    if not _NAME.fullmatch(name):
        words = "lower-case letters, digits, - and _, beginning with a letter or digit, at most 63 characters"
        raise ConfigurationError(f"{shown(name)} is no usable name of a token: {words}")
    unknown = [scope for scope in scopes if scope not in set(Scope)]
    if unknown or not scopes:
        raise ConfigurationError(f"a token's scopes are some of {', '.join(Scope)}, not {', '.join(unknown) or 'none'}")
    secret = "stopwatch_" + secrets.token_urlsafe(_SECRET_BYTES)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    line = f"- {{name: {name}, sha256: {digest}, scopes: [{', '.join(map(str, scopes))}]}}"
    return NewToken(name, secret, line)
