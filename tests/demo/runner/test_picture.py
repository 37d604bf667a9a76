"""A picture of the channel ends where nothing more is said."""

import struct
import zlib
from pathlib import Path

import pytest

from stopwatch.demo.runner.picture import take_picture, without_blank_end

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(rows: list[bytes], *, interlace: int = 0) -> bytes:
    header = struct.pack(">IIBBBBB", len(rows[0]) // 3, len(rows), 8, 2, 0, 0, interlace)
    stored = zlib.compress(b"".join(b"\x00" + row for row in rows))
    parts = [
        (b"IHDR", header),
        (b"tEXt", b"Comment\x00x"),
        (b"IDAT", stored[:9]),
        (b"IDAT", stored[9:]),
        (b"IEND", b""),
    ]
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )


def height(picture: bytes) -> int:
    return int(struct.unpack(">I", picture[20:24])[0])


SAID, BLANK = b"\x10\x20\x30" * 4, b"\xff\xff\xff" * 4


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        pytest.param([BLANK] * 5 + [SAID] * 20 + [BLANK] * 100, 39, id="words, then nothing"),
        pytest.param([SAID] * 20 + [BLANK] * 3, 23, id="hardly a margin"),
        pytest.param([BLANK] * 30, 30, id="nothing at all"),
        pytest.param([SAID, BLANK] * 20, 40, id="words to the end"),
    ],
)
def test_rows_that_say_nothing_are_cut_from_the_end(rows: list[bytes], kept: int) -> None:
    cut = without_blank_end(png(rows))
    assert height(cut) == kept
    assert without_blank_end(cut)[:24] == cut[:24]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"GIF89a", id="another format"),
        pytest.param(png([SAID] + [BLANK] * 50, interlace=1), id="interlaced"),
    ],
)
def test_what_cannot_be_cut_stays_as_it_is(content: bytes) -> None:
    assert without_blank_end(content) == content


def test_without_a_browser_the_demo_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said = take_picture("http://127.0.0.1:1/", tmp_path / "card.png", scratch=tmp_path)
    assert said == "no picture: Chromium is not installed (on Debian: apt-get install chromium)"
