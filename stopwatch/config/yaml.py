"""YAML (and so JSON) read into a tree with places; whatever a hostile or careless file holds becomes a complaint."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from stopwatch.config.complaint import Complaint
from stopwatch.config.json_text import read_json
from stopwatch.config.node import Entry, Fields, Items, Node, Plain, Scalar
from stopwatch.config.scalars import NumberTooLongError, meaning
from stopwatch.config.source import MAX_BYTES, Place, Text, decode, read_bytes

if TYPE_CHECKING:
    from pathlib import Path

    from ruamel.yaml.events import Event

MAX_DEPTH = 20
"""Lists and mappings inside one another."""
MAX_VALUES = 50_000
"""Keys and values of one rule file; a thousand sites need a third of it."""
MOST_COMPLAINTS = 100
"""A file with more mistakes than this is not read to its end."""


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    place: Place
    is_list: bool
    items: list[Node] = field(default_factory=list)
    entries: dict[str, Entry] = field(default_factory=dict)
    key: Scalar | None = None
    awaits_key: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a file may be: *size_bytes* as it is stored, *values* keys and values."""

    size_bytes: int = MAX_BYTES
    values: int = MAX_VALUES


RULE_FILE = Limits()
"""What people write."""
TEST_FILE = Limits(64 << 20, 5_000_000)
"""Tests may be generated, with thousands of series."""


class _StopReadingError(Exception):
    """Going on would be useless or costly; the complaint has been made."""


class _Tree:
    """Builds the tree from the parser's events, without recursion, so that depth costs nothing."""

    def __init__(self, text: Text, limits: Limits) -> None:
        self.text = text
        self._limits = limits
        self.complaints: list[Complaint] = []
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._documents = 0
        self._values = 0
        self.spoiled = False

    def take(self, event: Event) -> None:
        if isinstance(event, DocumentStartEvent):
            self._begin(event)
        elif isinstance(event, NodeEvent):
            self._take_node(event)
        elif isinstance(event, SequenceEndEvent | MappingEndEvent):
            closed = self._open.pop()
            whole = self.text.place(closed.place.start, event.end_mark.index)
            self._put(Items(whole, tuple(closed.items)) if closed.is_list else Fields(whole, closed.entries))

    def _begin(self, event: DocumentStartEvent) -> None:
        self._documents += 1
        place = self._place(event)
        if self._documents > 1:
            self._complain(place, "several-documents", "a second document begins here", "one file holds one document")
            raise _StopReadingError
        if event.version or event.tags:
            hint = "remove the line that begins with %; files are read as YAML 1.2"
            self._complain(place, "yaml-directive", "YAML directives are not used here", hint)
            raise _StopReadingError

    def _take_node(self, event: NodeEvent) -> None:
        place = self._place(event)
        self._values += 1
        if self._values > self._limits.values:
            message = f"the file holds more than {self._limits.values} keys and values"
            self._complain(
                place, "too-many-values", message, "no person wrote so many; remove what does not belong here"
            )
            raise _StopReadingError
        if isinstance(event, AliasEvent):
            self.spoiled = True
            hint = "write the value out where it is used"
            self._complain(place, "yaml-alias", "aliases (*name) are not allowed in rule files", hint)
            self._put(Scalar(place, None))
            return
        if event.anchor is not None:
            self._complain(place, "yaml-anchor", "anchors (&name) are not allowed in rule files", "remove the anchor")
        if getattr(event, "tag", None) is not None:
            self._complain(place, "yaml-tag", "tags (!name) are not allowed in rule files", "remove the tag")
        if isinstance(event, ScalarEvent):
            self._put(Scalar(place, self._value(event, place)))
        else:
            self._descend(place, is_list=isinstance(event, SequenceStartEvent))

    def _descend(self, place: Place, *, is_list: bool) -> None:
        if len(self._open) >= MAX_DEPTH:
            message = f"more than {MAX_DEPTH} lists and mappings inside one another"
            self._complain(place, "too-deep", message, "no rule file needs more than ten levels")
            raise _StopReadingError
        if self._open and not self._open[-1].is_list and self._open[-1].awaits_key:
            self._complain(place, "odd-key", "a key must be plain text, not a list or a mapping", "write key: value")
            raise _StopReadingError
        self._open.append(_Open(place, is_list))

    def _value(self, event: ScalarEvent, place: Place) -> Plain:
        text: str = event.value
        try:
            if event.style not in {'"', "'", "|", ">"}:
                return meaning(text)
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except NumberTooLongError:
            hint = "write fewer digits, or quote it if it is text"
            self._complain(place, "number-too-long", "this number is longer or larger than any measurement", hint)
        except UnicodeError:
            self._complain(
                place, "odd-character", "half a surrogate pair is no character", "write the character itself"
            )
        self.spoiled = True
        return None

    def _put(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent = self._open[-1]
        if parent.is_list:
            parent.items.append(node)
        elif parent.awaits_key:
            parent.key = node if isinstance(node, Scalar) else None
            parent.awaits_key = False
        else:
            parent.awaits_key = True
            if parent.key is not None:
                self._put_entry(parent, parent.key, node)

    def _put_entry(self, parent: _Open, key: Scalar, value: Node) -> None:
        body = self.text.body[key.place.start : key.place.end]
        name = key.value if isinstance(key.value, str) else body.strip()
        earlier = parent.entries.get(name)
        if earlier is not None:
            message = f"the key {name!r} was given before, in line {earlier.key.line}"
            self._complain(key.place, "duplicate-key", message, "keep one of the two")
            return
        parent.entries[name] = Entry(key.place, value)

    def _place(self, event: Event) -> Place:
        return self.text.place(event.start_mark.index, event.end_mark.index)

    def _complain(self, place: Place, code: str, message: str, hint: str) -> None:
        self.complaints.append(place.complaint(code, message, hint))
        if len(self.complaints) >= MOST_COMPLAINTS:
            raise _StopReadingError


def parse(text: Text, limits: Limits = RULE_FILE) -> tuple[Node | None, list[Complaint]]:
    """Return the tree of *text* (None if there is none) and everything that is wrong with it as YAML."""
    quick = read_json(text, deepest=MAX_DEPTH, most_values=limits.values)
    if quick is not None:
        return quick, []
    tree = _Tree(text, limits)
    body = text.body
    if body.lstrip()[:1] in {"{", "["}:
        body = body.replace("\t", " ")  # JSON may be indented with tabs, which its strings cannot hold
    try:
        for event in YAML(typ="safe", pure=True).parse(body):
            tree.take(event)
    except _StopReadingError:
        return None, tree.complaints
    except ReaderError as error:
        place = text.place(int(error.position))
        message = f"the character U+{ord(body[place.start]):04X} is not allowed in YAML"
        return None, [*tree.complaints, place.complaint("odd-character", message, "remove it")]
    except MarkedYAMLError as error:
        return None, [*tree.complaints, _syntax(text, error)]
    except (YAMLError, ValueError, IndexError, KeyError, TypeError, AttributeError, AssertionError, RecursionError):
        # ruamel's scanner is not proof against every byte; what it trips over is no YAML.
        hint = "check quotes, brackets and indentation"
        return None, [*tree.complaints, text.place(0).complaint("yaml-syntax", "this cannot be read as YAML", hint)]
    if tree.root is None and not tree.complaints:
        hint = "see rules/README.md for what belongs in it"
        return None, [text.place(0).complaint("file-empty", "the file is empty", hint)]
    # Where a value could not be read, what a model would say about its absence is not the reader's mistake.
    return None if tree.spoiled else tree.root, tree.complaints


def _syntax(text: Text, error: MarkedYAMLError) -> Complaint:
    mark = error.problem_mark or error.context_mark
    place = text.place(mark.index if mark is not None else 0)
    problem = " ".join(str(error.problem or error.context or "this cannot be read as YAML").split())
    line = text.line(place.line)
    hint = "check quotes, brackets and indentation"
    if "\\t" in problem or "'\t'" in problem:
        problem, hint = "a tab where YAML wants spaces", "indent with spaces"
    elif any(sign in line for sign in ("op: >", "op: <")):
        hint = 'quote the operator: op: ">"'
    elif "but got '['" in problem or "but got '{'" in problem:
        hint = "put the text in quotes: inside { } and [ ] these signs are YAML's"
    elif "mapping values are not allowed" in problem:
        hint = "a value that contains ': ' must be quoted; else check the indentation"
    return place.complaint("yaml-syntax", problem, hint)


def load_text(name: str, data: bytes, limits: Limits = RULE_FILE) -> tuple[Node | None, list[Complaint]]:
    """Parse the bytes *data* of the file called *name*."""
    text = decode(name, data)
    return (None, [text]) if isinstance(text, Complaint) else parse(text, limits)


def load_file(path: Path, limits: Limits = RULE_FILE) -> tuple[Node | None, list[Complaint]]:
    """Read and parse the file at *path*."""
    data = read_bytes(path, limits.size_bytes)
    return (None, [data]) if isinstance(data, Complaint) else load_text(str(path), data, limits)
