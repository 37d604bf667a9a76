"""A gzip body of two parts, of which the large one is compressed once for however many answers."""

from __future__ import annotations

import struct
import zlib

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
"""RFC 1952: deflate, no name, no time, fastest, of an unknown system."""
_RAW = -15
_SIZE = 1 << 32


def deflated(part: bytes) -> bytes:
    """Compress the last part of a body."""
    stream = zlib.compressobj(1, zlib.DEFLATED, _RAW)
    return stream.compress(part) + stream.flush()


def packed(first: bytes, last: bytes, last_deflated: bytes) -> bytes:
    """Return *first* and *last* as one gzip member; *last_deflated* is what `deflated` made of *last*."""
    stream = zlib.compressobj(1, zlib.DEFLATED, _RAW)
    # A full flush ends on a byte and refers to nothing before it, so any other stream may follow.
    body = stream.compress(first) + stream.flush(zlib.Z_FULL_FLUSH)
    checksum = zlib.crc32(last, zlib.crc32(first))
    return _HEAD + body + last_deflated + struct.pack("<II", checksum, (len(first) + len(last)) % _SIZE)
