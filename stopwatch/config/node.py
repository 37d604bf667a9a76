"""A YAML document as a tree in which every key and every value knows its place."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from stopwatch.config.inside import span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stopwatch.config.source import Place

Plain = str | int | bool | Decimal | None
"""What a scalar says: fractions are decimals from their text, dates stay text (YAML 1.2, core schema)."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value."""

    place: Place
    value: Plain

    def within(self, offset: int, length: int = 1) -> Place:
        """Return the place of *length* characters from *offset* of a text value, as far as they stand in one line."""
        if not isinstance(self.value, str):
            return self.place
        before = sum(not letter.isspace() for letter in self.value[:offset])
        inside = sum(not letter.isspace() for letter in self.value[offset : offset + length])
        body = self.place.text.body
        at, end = span(body, self.place.start, self.place.end, before=before, inside=inside)
        newline = body.find("\n", at)
        return self.place.text.place(at, min(end, newline if newline > at else at + 1) if newline >= 0 else end)


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    place: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a mapping with its value."""

    key: Place
    value: Node


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping; its place is that of its first key or opening brace."""

    place: Place
    entries: Mapping[str, Entry]

    def get(self, key: str) -> Node | None:
        """Return the value of *key*, None if it is not there."""
        entry = self.entries.get(key)
        return entry.value if entry else None


Node = Scalar | Items | Fields


def plain(node: Node) -> object:
    """Return *node* as dicts, lists and scalars."""
    if isinstance(node, Fields):
        return {key: plain(entry.value) for key, entry in node.entries.items()}
    if isinstance(node, Items):
        return [plain(item) for item in node.items]
    return node.value


def kind(node: Node) -> str:
    """Name in plain words what *node* is."""
    if isinstance(node, Fields):
        return "a mapping"
    if isinstance(node, Items):
        return "a list"
    match node.value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case Decimal():
            return "a number"
        case _:
            return "text"


def at(node: Node, path: tuple[str | int, ...]) -> Node:
    """Return what *path* leads to, or the deepest node on the way that exists."""
    for part in path:
        deeper: Node | None = None
        if isinstance(node, Fields) and isinstance(part, str):
            deeper = node.get(part)
        elif isinstance(node, Items) and isinstance(part, int) and part < len(node.items):
            deeper = node.items[part]
        if deeper is None:
            return node
        node = deeper
    return node
