"""Well-formed JSON read into the same tree as YAML, many times faster; whatever is odd is left to the YAML reader."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.config.node import Entry, Fields, Items, Node, Scalar
from stopwatch.config.scalars import NumberTooLongError, meaning

if TYPE_CHECKING:
    from stopwatch.config.node import Plain
    from stopwatch.config.source import Place, Text

_TOKEN = re.compile(
    r"""[ \t\n\r]*(?:
        (?P<string>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*")
      | (?P<plain>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null)
      | (?P<open>[\[{])
      | (?P<close>[\]}])
      | (?P<comma>,)
      | (?P<colon>:)
    )""",
    re.VERBOSE,
)
_END = re.compile(r"[ \t\n\r]*\Z")


class _OddError(Exception):
    """Not plain JSON, or something a reader must complain about; the YAML reader says what."""


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet; *wants* is what may come next."""

    start: int
    is_list: bool
    wants: str
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    key: tuple[str, Place] | None = None


def read_json(text: Text, *, deepest: int, most_values: int) -> Node | None:
    """Return the tree of *text* if it is well-formed JSON without repeated keys and within the bounds, else None."""
    if text.body.lstrip(" \t\n\r")[:1] not in {"{", "["}:
        return None
    try:
        return _read(text, deepest, most_values)
    except (_OddError, NumberTooLongError, UnicodeError):
        return None


def _read(text: Text, deepest: int, most_values: int) -> Node:
    body, position, stack = text.body, 0, list[_Open]()
    match = _TOKEN.match
    for _ in range(4 * most_values):
        token = match(body, position)
        if token is None:
            raise _OddError
        kind, start, position = str(token.lastgroup), token.start(str(token.lastgroup)), token.end()
        node: Node | None = None
        if kind == "open":
            _allow(stack, "value")
            if len(stack) >= deepest:
                raise _OddError
            is_list = body[start] == "["
            stack.append(_Open(start, is_list, "value or end" if is_list else "key or end"))
        elif kind == "close":
            node = _close(text, stack, body[start] == "]", position)
        elif kind in {"string", "plain"}:
            node = _scalar(text, stack, start, position, quoted=kind == "string")
        else:
            _punctuate(stack, kind)
        if node is not None and _put(stack, node):
            if _END.match(body, position) is None:
                raise _OddError
            return node
    raise _OddError


def _allow(stack: list[_Open], what: str) -> None:
    if stack and what not in stack[-1].wants.split(" or "):
        raise _OddError


def _close(text: Text, stack: list[_Open], is_list: bool, end: int) -> Node:  # noqa: FBT001 – which bracket it is
    if not stack or stack[-1].is_list is not is_list:
        raise _OddError
    _allow(stack, "end")
    done = stack.pop()
    place = text.place(done.start, end)
    return Items(place, tuple(done.items)) if is_list else Fields(place, done.entries)


def _scalar(text: Text, stack: list[_Open], start: int, end: int, *, quoted: bool) -> Node | None:
    """Return a value, or None after taking a key."""
    place = text.place(start, end)
    value: Plain = _unquoted(text.body[start:end]) if quoted else meaning(text.body[start:end])
    if stack and "key" in stack[-1].wants.split(" or "):
        if not isinstance(value, str) or not quoted or value in stack[-1].entries:
            raise _OddError
        stack[-1].key, stack[-1].wants = (value, place), "colon"
        return None
    return Scalar(place, value)


def _unquoted(token: str) -> str:
    value: str = json.loads(token) if "\\" in token else token[1:-1]
    value.encode()
    return value


def _punctuate(stack: list[_Open], kind: str) -> None:
    if not stack:
        raise _OddError
    _allow(stack, kind)
    if kind == "colon":
        stack[-1].wants = "value"
    else:
        stack[-1].wants = "value" if stack[-1].is_list else "key"


def _put(stack: list[_Open], node: Node) -> bool:
    """Put a finished value where it belongs; tell whether it is the whole document."""
    if not stack:
        return True
    parent = stack[-1]
    _allow(stack, "value")
    if parent.is_list:
        parent.items.append(node)
    elif parent.key is not None:
        name, place = parent.key
        parent.entries[name], parent.key = Entry(place, node), None
    parent.wants = "comma or end"
    return False
