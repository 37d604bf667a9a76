"""A picture of the channel as people see it, taken by a Chromium without a window."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import zlib
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_WIDTH, _HEIGHT = 780, 900
_MARGIN = 14
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 4: 2, 6: 4}
_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
)


def take_picture(page_url: str, file: Path, *, scratch: Path, timeout_seconds: float = 60.0) -> str:
    """Put a picture of the channel into *file*, cut where nothing more is said; returns a line for a person."""
    browser = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if browser is None:
        return "no picture: Chromium is not installed (on Debian: apt-get install chromium)"
    root = ("--no-sandbox",) if os.geteuid() == 0 else ()
    raw = scratch / "page.png"
    profile = f"--user-data-dir={scratch / 'chromium'}"
    target = (f"--window-size={_WIDTH},{_HEIGHT}", f"--screenshot={raw}", f"{page_url}?bare=1")
    try:
        subprocess.run(
            [browser, *_FLAGS, *root, profile, *target], capture_output=True, timeout=timeout_seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no picture: {browser} did not end within {timeout_seconds:g} s"
    if not raw.exists():
        return f"no picture: {browser} took none"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(without_blank_end(raw.read_bytes()))
    return f"picture: {file}"


def without_blank_end(png: bytes) -> bytes:
    """
    Cut the rows at the end of *png* that all look the same, but for a margin.

    A PNG row is stored as its difference from the row above, so equal stored rows are equal pictures and nothing needs
    to be decoded. An interlaced picture, or one that is no PNG, comes back as it is.
    """
    chunks = _chunks(png)
    if not chunks or chunks[0][0] != b"IHDR":
        return png
    width, height, depth, colour, *_, interlace = struct.unpack(">IIBBBBB", chunks[0][1])
    if interlace or colour not in _SAMPLES:
        return png
    stored = zlib.decompress(b"".join(body for kind, body in chunks if kind == b"IDAT"))
    length = 1 + (width * depth * _SAMPLES[colour] + 7) // 8
    rows = [stored[at : at + length] for at in range(0, height * length, length)]
    last = next((number for number in range(height - 1, -1, -1) if rows[number] != rows[-1]), height - 1)
    kept = min(height, last + 1 + _MARGIN)
    header = struct.pack(">II", width, kept) + chunks[0][1][8:]
    pixels = zlib.compress(b"".join(rows[:kept]), 9)
    return _SIGNATURE + b"".join(_chunk(*part) for part in ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")))


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], len(_SIGNATURE)
    while png.startswith(_SIGNATURE) and at + 8 <= len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += length + 12
    return found


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
