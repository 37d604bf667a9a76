"""Where a character of a text value stands in the file, whatever style of YAML it is written in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_DIGITS = {"x": 2, "u": 4, "U": 8}
_BLANK_ESCAPES = frozenset("tnvfr NL_P")
_LOW_SURROGATES = range(0xDC00, 0xE000)


def span(body: str, start: int, end: int, *, before: int, inside: int) -> tuple[int, int]:
    """
    Return where in *body* the characters begin and end that *before* others precede in the value.

    The value is written from *start* to *end*, quotes or the block's sign included. Blanks and newlines differ between
    a value and its folded or indented source, so only other characters are counted; *inside* of them are meant, at
    least one. What lies behind the last character is where that one ends.
    """
    first = last = None
    after = start
    for count, (left, right) in enumerate(_written(body, start, end)):
        after = right
        if count == before:
            first, last = left, right
        elif first is not None and count < before + inside:
            last = right
    return (after, after + 1) if first is None or last is None else (first, last)


def _written(body: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where each character that is no blank is written."""
    sign = body[start : start + 1]
    if sign in {"|", ">"}:
        line = body.find("\n", start, end)
        units = _plain(body, line + 1 if line >= 0 else end, end)
    elif sign == '"':
        units = _double(body, start + 1, end - 1)
    elif sign == "'":
        units = _single(body, start + 1, end - 1)
    else:
        units = _plain(body, start, end)
    return units


def _plain(body: str, at: int, end: int) -> Iterator[tuple[int, int]]:
    return ((place, place + 1) for place in range(at, end) if not body[place].isspace())


def _single(body: str, at: int, end: int) -> Iterator[tuple[int, int]]:
    """In single quotes a quote is written twice."""
    while at < end:
        width = 2 if body.startswith("''", at) else 1
        if not body[at].isspace():
            yield at, at + width
        at += width


def _double(body: str, at: int, end: int) -> Iterator[tuple[int, int]]:
    """In double quotes a backslash begins one character of the value, or joins two lines."""
    while at < end:
        width, seen = 1, not body[at].isspace()
        if body[at] == "\\":
            letter = body[at + 1 : at + 2]
            width = 2 + _DIGITS.get(letter, 0)
            seen = not (letter in _BLANK_ESCAPES or letter.isspace()) and _visible(body[at + 2 : at + width])
        if seen:
            yield at, at + width
        at += width


def _visible(digits: str) -> bool:
    """Whether an escape with these hexadecimal *digits*, or none as for a quote, is a character to be seen."""
    try:
        code = int(digits, 16) if digits else ord("x")
        return code not in _LOW_SURROGATES and not chr(code).isspace()
    except (ValueError, OverflowError):
        return True
