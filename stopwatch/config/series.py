"""Series of a test file: promtool's notation as promtool reads it, or a list; ``E`` stands for a failed evaluation."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from stopwatch.config.node import Items, Node, Scalar, kind
from stopwatch.config.validate import shown

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.source import Place

MOST_VALUES = 100_000
"""Values of one series (ten weeks of minutes); promtool knows no bound, and ``1x999999999`` would fill the memory."""
FAILED = "E"
"""Ours: one failed evaluation, at which no series of the site has a value."""

Value = float | None
"""A value, NaN for a missing one, None for a failed evaluation."""

_HINT = "items are 5, 5x3, 1+2x3, 9-1x3, _, _x3, stale, NaN, Inf, E, Ex3, with blanks between them"
_LARGEST_INT64 = 2**63 - 1
_LONGEST_WHOLE = 25
_NUMBER = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?"
_WORD = r"(?:[iI][nN][fF]|[nN][aA][nN])"
_BLANK = re.compile(r"_(?:x(?P<times>[0-9]+))?", re.ASCII)
_FAILURE = re.compile(r"E(?:x(?P<times>[0-9]+))?", re.ASCII)
_ONE = re.compile(rf"(?P<start>stale|[-+]?(?:{_WORD}|{_NUMBER}))", re.ASCII)
_COPIES = re.compile(rf"(?P<start>[-+]?{_NUMBER})x(?P<times>[0-9]+)", re.ASCII)
_STEPS = re.compile(rf"(?P<start>stale|[-+]?(?:{_WORD}|{_NUMBER}))(?P<delta>[-+]{_NUMBER})x(?P<times>[0-9]+)", re.ASCII)
_ITEM = re.compile(r"[^ \t\r\n]+")
_WORDS: dict[str, Value] = {"NaN": math.nan, "+Inf": math.inf, "Inf": math.inf, "-Inf": -math.inf, FAILED: None}
_NULLS = {"", "~", "null", "Null", "NULL"}


class SeriesError(ValueError):
    """
    An item of a series cannot be read.

    Attributes:
        offset: Where in the text the item begins.
        length: How many characters it has.

    """

    def __init__(self, message: str, offset: int, length: int) -> None:
        """Keep *message* for people and the item's place."""
        super().__init__(message)
        self.offset = offset
        self.length = length


def expand(text: str) -> list[Value]:
    """
    Return the values that *text* stands for, in promtool's notation with ``E`` and ``ExN`` added.

    A number without point and exponent is read as Go's ``ParseInt`` with base 0 reads it (010 is 8), and sequences
    are accumulated by addition, as promtool does. Items are kept apart by any white space.

    Raises:
        SeriesError: promtool would refuse the item, or there are more than `MOST_VALUES` values.

    """
    values: list[Value] = []
    for match in _ITEM.finditer(text):
        item = match[0]
        try:
            values += _expand_item(item, MOST_VALUES - len(values))
        except ValueError as error:
            raise SeriesError(str(error), match.start(), len(item)) from None
    return values


def read_values(node: Node, found: Complaints) -> list[Value]:
    """Return the values of *node*, a text in promtool's notation or a list; complaints go to *found*."""
    if isinstance(node, Items):
        return _read_list(node, found)
    if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool):
        message = f"values must be text in promtool's notation or a list, not {kind(node)}"
        found.add(node.place.complaint("bad-series", message, _HINT))
        return []
    text = node.value if isinstance(node.value, str) else source_text(node.place)
    try:
        return expand(text)
    except SeriesError as error:
        place = node.within(error.offset, error.length) if isinstance(node.value, str) else node.place
        found.add(place.complaint("bad-series", str(error), _HINT))
        return []


def source_text(place: Place) -> str:
    """Return the characters of the file at *place*, without blanks around them."""
    return place.text.body[place.start : place.end].strip()


def _expand_item(item: str, room: int) -> list[Value]:
    if match := _BLANK.fullmatch(item):
        return [math.nan] * _times(match, room, more=0)
    if match := _FAILURE.fullmatch(item):
        return [None] * _times(match, room, more=0)
    if match := _ONE.fullmatch(item) or _COPIES.fullmatch(item):
        return [_number(match["start"])] * _times(match, room, more=1)
    if match := _STEPS.fullmatch(item):
        value, delta = _number(match["start"]), _number(match["delta"])
        values: list[Value] = []
        for _ in range(_times(match, room, more=1)):
            values.append(value)
            value += delta
        return values
    raise ValueError(f"{shown(item)} is no item of a series that promtool reads")


def _times(match: re.Match[str], room: int, *, more: int) -> int:
    """Return how many values the item stands for; ``xN`` means N, or N + 1 after a value (*more* = 1)."""
    digits = match.groupdict().get("times")
    count = 1 if digits is None else int((digits.lstrip("0") or "0")[:_LONGEST_WHOLE]) + more
    if count > room:
        raise ValueError(f"a series of more than {MOST_VALUES} values")
    return count


def _number(text: str) -> float:
    """Read one number as promtool does: the sign, then a whole number of base 0, else a float."""
    if text == "stale":
        return math.nan
    sign, digits = (-1.0, text[1:]) if text[0] == "-" else (1.0, text.removeprefix("+"))
    whole = _whole(digits)
    value = float(digits) if whole is None else float(whole)
    if math.isinf(value) and digits[0] not in "iI":
        raise ValueError(f"{shown(text)} is out of the range of a float")
    return sign * value


def _whole(digits: str) -> int | None:
    """Read *digits* as Go's ``ParseInt(digits, 0, 64)`` does; None where that is an error."""
    if not digits.isdigit() or len(digits) > _LONGEST_WHOLE:
        return None
    if len(digits) > 1 and digits[0] == "0":
        number = None if set(digits) & {"8", "9"} else int(digits, 8)
    else:
        number = int(digits)
    return number if number is not None and number <= _LARGEST_INT64 else None


def _read_list(node: Items, found: Complaints) -> list[Value]:
    if len(node.items) > MOST_VALUES:
        found.add(node.place.complaint("bad-series", f"a series of more than {MOST_VALUES} values", "shorten it"))
        return []
    values: list[Value] = []
    for item in node.items:
        value = item.value if isinstance(item, Scalar) else None
        if isinstance(item, Scalar) and value is None and source_text(item.place) in _NULLS:
            values.append(math.nan)
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            values.append(float(value))
        elif isinstance(value, str) and value in _WORDS:
            values.append(_WORDS[value])
        else:
            message = f"a value must be a number, null, NaN, +Inf, -Inf or E, not {_said(item)}"
            found.add(item.place.complaint("bad-series", message, "a list holds one value a slot"))
    return values


def _said(item: Node) -> str:
    value = item.value if isinstance(item, Scalar) else None
    return shown(value) if isinstance(value, str) else kind(item)
