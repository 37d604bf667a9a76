"""Addresses and headers may carry passwords; nothing that leaves this room does."""

from __future__ import annotations

import logging
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from stopwatch.core.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHORTEST_HEADER_SECRET = 4
_LONGEST_TEXT = 300
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_PRINTABLE = re.compile(r"[\x20-\x7e]+")
_SENDABLE = re.compile(r"[\x21-\x7e]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Address:
    """
    Where a Prometheus is and how to be let in.

    *url* carries neither user nor password and ends without a slash; *headers* include the authorization. *host* is
    ``host[:port]`` as the Host header wants it. *secrets* are the texts that must not be shown, longest first.
    """

    url: str
    host: str
    headers: Mapping[str, str]
    secrets: tuple[str, ...]

    def __repr__(self) -> str:
        """Show the address alone."""
        return f"Address({self.url!r})"

    def redact(self, text: str) -> str:
        """Make foreign *text* fit to be shown: one line, at most 300 characters, every secret replaced."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        text = _CONTROL.sub(" ", text).strip()
        return text if len(text) <= _LONGEST_TEXT else text[:_LONGEST_TEXT] + "…"


def address(url: str, headers: Mapping[str, str]) -> Address:
    """
    Take *url* apart into what may be shown and what may not.

    Raises:
        ConfigurationError: It is no http or https URL without query, or a header cannot be sent.

    """
    try:
        parsed = urlsplit(url)
        port = parsed.port
    except ValueError:
        raise ConfigurationError("the address of a Prometheus cannot be read as a URL") from None
    usable = (
        parsed.scheme in {"http", "https"} and parsed.hostname and port != 0 and not (parsed.query or parsed.fragment)
    )
    usable = usable and "@" not in parsed.path
    if not usable or not _SENDABLE.fullmatch(url):
        raise ConfigurationError("the address of a Prometheus must be http(s)://host[:port][/path], without a query")
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or not _PRINTABLE.fullmatch(value.strip()):
            raise ConfigurationError(f"the header {name!a} cannot be sent: plain ASCII on one line only")
    sent = {name.lower(): value.strip() for name, value in headers.items()}
    secrets = {part for value in sent.values() for part in (value, *value.split())}
    secrets = {secret for secret in secrets if len(secret) >= _SHORTEST_HEADER_SECRET} - {"Basic", "Bearer"}
    written, _, host = parsed.netloc.rpartition("@")
    if written:
        user, _, password = written.partition(":")
        token = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode("ascii")
        secrets |= {token, written, password, unquote(password)} - {""}
        sent = {"authorization": f"Basic {token}"} | sent
    shown = f"{parsed.scheme}://{host}{parsed.path}".rstrip("/")
    return Address(shown, host, sent, tuple(sorted(secrets, key=lambda secret: (-len(secret), secret))))


def quieten() -> None:
    """Keep httpx and httpcore from logging addresses and headers: their INFO lines print passwords."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
