"""Durations in Prometheus's spelling: ``10m``, ``1h30m``, ``24h``."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

PATTERN = r"^(?=\d)(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$"
LONGEST = timedelta(days=3650)

_PARTS = re.compile(r"(\d+)(ms|[ywdhms])", re.ASCII)
_WHOLE = re.compile(PATTERN, re.ASCII)
_MILLISECONDS = {
    "ms": 1,
    "s": 1_000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 7 * 86_400_000,
    "y": 365 * 86_400_000,
}
_LONGEST_TEXT = 40
_HINT = "write it as Prometheus does: 60s, 15m, 1h30m, 10d"


def parse_duration(text: str) -> timedelta:
    """
    Return the duration *text* spells.

    Raises:
        ValueError: It is not in Prometheus's spelling, or longer than ten years.

    """
    if len(text) > _LONGEST_TEXT or not _WHOLE.fullmatch(text):
        raise ValueError("it needs numbers with units")
    total = sum(int(number) * _MILLISECONDS[unit] for number, unit in _PARTS.findall(text))
    if total > LONGEST // timedelta(milliseconds=1):
        raise ValueError("longer than ten years")
    return timedelta(milliseconds=total)


def spell_duration(duration: timedelta) -> str:
    """Spell *duration* (not negative) as Prometheus does, to the millisecond: ``1h30m``, ``0s``."""
    left = duration // timedelta(milliseconds=1)
    parts = []
    for unit in ("d", "h", "m", "s", "ms"):
        number, left = divmod(left, _MILLISECONDS[unit])
        if number:
            parts.append(f"{number}{unit}")
    return "".join(parts) or "0s"


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, bool | int | float) or not isinstance(value, str):
        words = "must be a duration such as 15m; a number alone has no unit"
        raise PydanticCustomError("bad-duration", "{text}", {"text": words, "hint": _HINT})
    try:
        return parse_duration(value)
    except ValueError as error:
        words = f"must be a duration such as 15m: {error}"
        raise PydanticCustomError("bad-duration", "{text}", {"text": words, "hint": _HINT}) from None


Duration = Annotated[
    timedelta,
    BeforeValidator(_duration),
    PlainSerializer(spell_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": PATTERN, "examples": ["60s", "15m", "1h30m", "10d"]}),
]
"""A pydantic type: text in Prometheus's spelling, or a timedelta."""
