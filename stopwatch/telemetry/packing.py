"""A gzip body of many parts, each of which is compressed once for however many answers it stays the same."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
"""RFC 1952: deflate, no name, no time, fastest, of an unknown system."""
_END = b"\x03\x00"
"""A last block of deflate, which is empty."""
_RAW = -15
_SIZE = 1 << 32
_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
"""The polynomial 1 in the order of bits that CRC-32 has: the highest bit stands for the lowest power."""


@dataclass(frozen=True, slots=True)
class Part:
    """
    A piece of a body, as blocks of deflate that end on a byte and refer to nothing outside.

    *checksum* is its CRC-32 and *size* its length in bytes, both of the plain text, which is not kept; *shift* is what
    it does to the checksum of what stands before it.
    """

    deflated: bytes
    checksum: int
    size: int
    shift: int

    @property
    def plain(self) -> bytes:
        """The piece as it was written."""
        return zlib.decompressobj(_RAW).decompress(self.deflated)


def part(written: Iterable[bytes]) -> Part:
    """Compress a piece that is *written* little by little, so that it may stand anywhere in a body."""
    stream = zlib.compressobj(1, zlib.DEFLATED, _RAW)
    deflated: list[bytes] = []
    checksum = size = 0
    for plain in written:
        deflated.append(stream.compress(plain))
        checksum, size = zlib.crc32(plain, checksum), size + len(plain)
    return Part(b"".join((*deflated, stream.flush(zlib.Z_FULL_FLUSH))), checksum, size, shift_of(size))


def packed(parts: Iterable[Part]) -> bytes:
    """Return all *parts* as one gzip member."""
    checksum = size = 0
    pieces = [_HEAD]
    for each in parts:
        checksum, size = joined(checksum, each.checksum, each.shift), size + each.size
        pieces.append(each.deflated)
    return b"".join((*pieces, _END, struct.pack("<II", checksum, size % _SIZE)))


def joined(first: int, second: int, shift: int) -> int:
    """Return the CRC-32 of two pieces in a row, from that of each and the second's *shift* (zlib's crc32_combine)."""
    return _product(shift, first) ^ second


def shift_of(size: int) -> int:
    """Return what *size* bytes multiply the CRC-32 before them by: x to the power of 8 · *size*."""
    power, squares = _ONE, iter(_SQUARES)
    while size:
        square = next(squares)
        if size & 1:
            power = _product(square, power)
        size >>= 1
    return power


def _product(one: int, other: int) -> int:
    """Multiply two polynomials modulo that of CRC-32."""
    product, bit = 0, _ONE
    while bit:
        if one & bit:
            product ^= other
        bit >>= 1
        other = (other >> 1) ^ _POLYNOMIAL if other & 1 else other >> 1
    return product


_SQUARES = tuple(accumulate(repeat(_ONE >> 8, 48), lambda power, _: _product(power, power)))
"""x to the power of 8, 16, 32, … modulo the polynomial: for as many bits as a size may have."""
