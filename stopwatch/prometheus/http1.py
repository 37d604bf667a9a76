"""An HTTP/1.1 answer as its bytes come in: a bounded head, then the body in pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LONGEST_LINE = 65_536
_MOST_LINES = 200
_PIECE = 65_536
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9][0-9])(?: [^\r\n]*)?\r?\n")
_FIELD = re.compile(rb"([A-Za-z0-9!#$%&'*+.^_`|~-]+):[ \t]*([^\r\n\0]*?)[ \t]*\r?\n")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r?\n")
_INTERIM = range(100, 200)
_BODILESS = frozenset({204, 304})


class Incoming(Protocol):
    """Bytes as they arrive, buffered."""

    def readline(self, size: int, /) -> bytes:
        """Return a line with its end, or the first *size* bytes of it; nothing where the connection ended."""
        ...

    def read1(self, size: int, /) -> bytes:
        """Return what is there, *size* bytes at most; wait for one at least, and return none where none will come."""
        ...


class MalformedError(Exception):
    """What came is no answer of HTTP/1.1, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Head:
    """
    Status and headers (names in lower case) of an answer.

    The body is *chunked*, or has *length* bytes, or (None) lasts until the connection ends. *keeps* tells whether the
    connection may be used again afterwards.
    """

    status: int
    headers: Mapping[str, str]
    chunked: bool
    length: int | None
    keeps: bool


def read_head(file: Incoming) -> Head:
    """
    Read the head of the answer that counts; interim ones are skipped.

    Raises:
        MalformedError: It is none.
        OSError: The connection broke, or was not fast enough.

    """
    for _ in range(_MOST_LINES):
        line = file.readline(_LONGEST_LINE)
        if not line:
            raise MalformedError("the connection was closed without an answer")
        found = _STATUS_LINE.fullmatch(line)
        if found is None:
            raise MalformedError("the first line is not that of an answer")
        headers, status = _fields(file), int(found[2])
        if status not in _INTERIM:
            return _head(status, headers, minor=int(found[1]))
    raise MalformedError("interim answers without end")


def read_body(file: Incoming, head: Head) -> Iterator[bytes]:
    """
    Yield the body in pieces of 64 KiB at most.

    Raises:
        MalformedError: It ended early, or its chunks are none.
        OSError: The connection broke, or was not fast enough.

    """
    if head.chunked:
        yield from _chunks(file)
    elif head.length is not None:
        yield from _exactly(file, head.length)
    else:
        while piece := file.read1(_PIECE):
            yield piece


def _head(status: int, headers: dict[str, str], *, minor: int) -> Head:
    coding, told = headers.get("transfer-encoding"), headers.get("content-length")
    if coding is not None and coding.lower() != "chunked":
        raise MalformedError("the body comes in an unknown transfer encoding")
    length = None
    if told is not None and coding is None:
        lengths = {each.strip() for each in told.split(",")}
        if len(lengths) != 1 or not all(
            each.isascii() and each.isdigit() and len(each) < _MOST_LINES for each in lengths
        ):
            raise MalformedError("the length of the body is no number")
        length = int(lengths.pop())
    if status in _BODILESS:
        coding, length = None, 0
    words = {each.strip().lower() for each in headers.get("connection", "").split(",")}
    keeps = "close" not in words and (minor == 1 or "keep-alive" in words)
    return Head(status, headers, coding is not None, length, keeps and (coding is not None or length is not None))


def _fields(file: Incoming) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_LINES):
        line = file.readline(_LONGEST_LINE)
        if line in {b"\r\n", b"\n"}:
            return headers
        found = _FIELD.fullmatch(line)
        if found is None:
            raise MalformedError("a line of the head is no header" if line else "the connection was closed in the head")
        name, value = found[1].decode("ascii").lower(), found[2].decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise MalformedError("headers without end")


def _chunks(file: Incoming) -> Iterator[bytes]:
    while True:
        found = _CHUNK.fullmatch(file.readline(_LONGEST_LINE))
        if found is None:
            raise MalformedError("the body is not in chunks as announced, or ended early")
        size = int(found[1], 16)
        if not size:
            _fields(file)
            return
        yield from _exactly(file, size)
        if file.readline(3) not in {b"\r\n", b"\n"}:
            raise MalformedError("a chunk is longer than it says")


def _exactly(file: Incoming, size: int) -> Iterator[bytes]:
    while size:
        piece = file.read1(min(size, _PIECE))
        if not piece:
            raise MalformedError("the body ended early")
        size -= len(piece)
        yield piece
