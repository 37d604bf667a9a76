"""Numbers as Prometheus writes them, many at once."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence

_WRITTEN_WITH = b"0123456789+-.eENaInf,"
"""float() alone also reads "1_000", " 1" and digits of other scripts."""


def read_numbers(texts: Sequence[bytes]) -> list[float]:
    """
    Return what *texts* stand for.

    Raises:
        ValueError: One of them is no number.

    """
    if not texts:
        return []
    joined = b",".join(texts)
    if joined.translate(None, _WRITTEN_WITH):
        raise ValueError("a character that no number is written with")
    numbers = _as_json(joined) or [*map(float, texts)]
    if len(numbers) != len(texts):
        raise ValueError("a comma within a number")
    return numbers


def _as_json(joined: bytes) -> list[float] | None:
    """Read all numbers as one list, a fifth of what float() costs; None if one is infinite, NaN or a negative zero."""
    if b"-0," in joined or joined.endswith(b"-0"):
        return None
    try:
        return array("d", orjson.loads(b"[%b]" % joined)).tolist()
    except (ValueError, TypeError):
        return None
