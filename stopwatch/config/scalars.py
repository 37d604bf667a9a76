"""What a plain YAML scalar means: YAML 1.2's core schema, with decimals from their text and bounds on size."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stopwatch.config.node import Plain

LONGEST_NUMBER = 40
"""Characters of a number; more digits than that are no measurement."""
LARGEST_EXPONENT = 330
"""Numbers beyond 10^±330 are refused: no float holds them, and exact arithmetic with them must stay cheap."""

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FRACTION = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)")
_NO_NUMBER = {".nan", ".NaN", ".NAN"}


class NumberTooLongError(ValueError):
    """A number has more digits, or a larger exponent, than any measurement."""


def meaning(text: str) -> Plain:
    """
    Return what the unquoted scalar *text* says.

    Raises:
        NumberTooLongError: It is a number beyond the bounds.

    """
    if text in _NULL:
        return None
    if text in _TRUE | _FALSE:
        return text in _TRUE
    if _WHOLE.fullmatch(text):
        return _whole(text)
    if _FRACTION.fullmatch(text):
        return _fraction(text)
    if _ENDLESS.fullmatch(text):
        return Decimal("-Infinity" if text[0] == "-" else "Infinity")
    return Decimal("NaN") if text in _NO_NUMBER else text


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise NumberTooLongError
    return int(text, 10 if text[1:2] not in {"o", "x"} else 0)


def _fraction(text: str) -> Decimal:
    if len(text) > LONGEST_NUMBER:
        raise NumberTooLongError
    number = Decimal(text)
    if number and abs(number.adjusted()) > LARGEST_EXPONENT:
        raise NumberTooLongError
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and abs(exponent) > 2 * LARGEST_EXPONENT:
        raise NumberTooLongError
    return number
