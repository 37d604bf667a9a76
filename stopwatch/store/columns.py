"""How instants and JSON lie in the database: as text that sorts, compares and reads the same in every dialect."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Text, TypeDecorator

from stopwatch.core.audit import canonical_json

if TYPE_CHECKING:
    from sqlalchemy import Dialect

_READ = json.JSONDecoder().raw_decode
"""What `json.loads` does without looking for space around the value, of which canonical text has none."""


def instant_text(instant: datetime) -> str:
    """
    Write *instant* as 27 characters, ``2026-11-21T10:15:00.000000Z``, so that text order is time order.

    Raises:
        ValueError: The instant is not aware.

    """
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone cannot be kept")
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Instant(TypeDecorator[datetime]):
    """An aware datetime as fixed-width RFC 3339 in UTC; it comes back in UTC."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        """Write for the database."""
        del dialect
        return None if value is None else instant_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        """Read from the database."""
        del dialect
        return None if value is None else datetime.fromisoformat(value)


class CanonicalJson(TypeDecorator[object]):
    """A JSON value as canonical text; None is the absence of a value, not JSON's null."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object | None, dialect: Dialect) -> str | None:
        """Write for the database."""
        del dialect
        return None if value is None else canonical_json(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> object | None:
        """Read from the database."""
        del dialect
        if value is None:
            return None
        read: object
        read, end = _READ(value)
        return read if end == len(value) else json.loads(value)
