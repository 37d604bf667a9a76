"""Parts of a gzip body: the checksum of the whole follows from those of its parts, and the plain text can be had."""

import gzip
import random
import zlib

import pytest

from stopwatch.telemetry.packing import joined, packed, part, shift_of


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 65_537, 3_000_001])
def test_the_checksum_of_two_pieces_follows_from_both(size: int) -> None:
    chance = random.Random(size)
    first, second = chance.randbytes(77), chance.randbytes(size)
    assert joined(zlib.crc32(first), zlib.crc32(second), shift_of(size)) == zlib.crc32(first + second)


def test_parts_in_any_order_are_one_gzip_member() -> None:
    plain = [b"", b"x" * 100_000, b"stopwatch_up 1\n", random.Random(1).randbytes(70_000)]
    for order in ((0, 1, 2, 3), (3, 2, 1, 0), (2, 2), ()):
        body = packed(part((plain[each][:40_000], plain[each][40_000:])) for each in order)
        assert gzip.decompress(body) == b"".join(plain[each] for each in order)
        inflate = zlib.decompressobj(wbits=31)
        inflate.decompress(body)
        assert (inflate.eof, inflate.unused_data) == (True, b""), "whoever reads one member only reads all of it"


def test_a_part_keeps_its_text_in_compressed_form_only() -> None:
    one = part([b"stopwatch_up 1\n"] * 10_000)
    assert len(one.deflated) < 5_000
    assert one.plain == b"stopwatch_up 1\n" * 10_000
