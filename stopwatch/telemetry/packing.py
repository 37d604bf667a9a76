"""A gzip body of many parts, each of which is compressed once for however many answers it stays the same."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
"""RFC 1952: deflate, no name, no time, fastest, of an unknown system."""
_END = b"\x03\x00"
"""A last block of deflate, which is empty."""
_RAW = -15
_SIZE = 1 << 32


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a body, plain and as blocks of deflate that end on a byte and refer to nothing outside."""

    plain: bytes
    deflated: bytes


def part(plain: bytes) -> Part:
    """Compress a piece, so that it may stand anywhere in a body."""
    stream = zlib.compressobj(1, zlib.DEFLATED, _RAW)
    return Part(plain, stream.compress(plain) + stream.flush(zlib.Z_FULL_FLUSH))


def packed(parts: Iterable[Part]) -> bytes:
    """Return all *parts* as one gzip member."""
    checksum = size = 0
    pieces = [_HEAD]
    for each in parts:
        checksum, size = zlib.crc32(each.plain, checksum), size + len(each.plain)
        pieces.append(each.deflated)
    return b"".join((*pieces, _END, struct.pack("<II", checksum, size % _SIZE)))
