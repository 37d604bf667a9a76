"""Numbers as Prometheus writes them, many at once."""

from __future__ import annotations

from array import array

import orjson

_WRITTEN_WITH = b"0123456789+-.eENaInf,"
"""float() alone also reads "1_000", " 1" and digits of other scripts."""


def read_numbers(written: bytes, count: int) -> list[float]:
    """
    Return the *count* numbers that stand in *written* with a comma between each two.

    Raises:
        ValueError: One of them is no number, or there are more or fewer.

    """
    if not count and not written:
        return []
    if written.translate(None, _WRITTEN_WITH):
        raise ValueError("a character that no number is written with")
    numbers = _as_json(written) or [*map(float, written.split(b","))]
    if len(numbers) != count:
        raise ValueError("a comma within a number")
    return numbers


def _as_json(written: bytes) -> list[float] | None:
    """Read all numbers as one list, a fifth of what float() costs; None if one is infinite, NaN or a negative zero."""
    if b"-0," in written or written.endswith(b"-0"):
        return None
    try:
        return array("d", orjson.loads(b"[%b]" % written)).tolist()
    except (ValueError, TypeError):
        return None
