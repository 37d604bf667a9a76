"""The options of an act turned into the act that is asked for."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from stopwatch.cli.links import ticket_links
from stopwatch.config.duration import parse_duration
from stopwatch.core.acts import ActRequest
from stopwatch.core.errors import ActIncompleteError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.core.decision import Act, Decision


def request_of(act: Act, given: Mapping[str, object], seen: Decision, *, actor: str, now: datetime) -> ActRequest:
    """
    Return the act; without ``--rev`` it is held to the revision and the grounds that were just read.

    Raises:
        ActIncompleteError: A duration or a link cannot be used.

    """
    rev = given.get("rev")
    grounds, links = given.get("grounds"), given.get("links")
    return ActRequest(
        act,
        actor,
        _text(given.get("reason")),
        rev=rev if isinstance(rev, int) else seen.rev,
        shown=None if isinstance(rev, int) else len(seen.grounds),
        category=_text(given.get("category")),
        until=_until(given, now),
        what=_text(given.get("what")),
        from_version=_text(given.get("from_version")),
        to_version=_text(given.get("to_version")),
        ground=_text(given.get("ground")),
        grounds=tuple(map(str, grounds)) if isinstance(grounds, tuple) and grounds else None,
        links=ticket_links(map(str, links), _text(given.get("kind")) or "ticket") if isinstance(links, tuple) else (),
    )


def _until(given: Mapping[str, object], now: datetime) -> datetime | None:
    until, duration = given.get("until"), given.get("duration")
    if until is not None and duration is not None:
        raise ActIncompleteError("until", "give --for or --until, not both")
    if isinstance(duration, str):
        try:
            return now + parse_duration(duration)
        except ValueError as error:
            raise ActIncompleteError("for", str(error)) from None
    return until if isinstance(until, datetime) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
