"""Links given on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stopwatch.core.decision import Link
from stopwatch.core.errors import ActIncompleteError

if TYPE_CHECKING:
    from collections.abc import Iterable


def ticket_links(urls: Iterable[str], kind: str = "ticket") -> tuple[Link, ...]:
    """
    Return *urls* as links of *kind*; they are checked for their form and never fetched.

    Raises:
        ActIncompleteError: One of them is no web address.

    """
    links = []
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ActIncompleteError("link", f"{url!r} is no web address; it must begin with http:// or https://")
        links.append(Link(kind, url))
    return tuple(links)
