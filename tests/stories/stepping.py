"""A library that shifts the time of day of whatever process loads it, and nothing else: durations stay as they are."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path


def compiled(folder: Path) -> Path:
    """Compile the library into *folder*."""
    made = folder / "stepped.so"
    source = Path(__file__).with_name("stepped.c")
    subprocess.run(["gcc", "-O1", "-Wall", "-shared", "-fPIC", "-o", made, source, "-ldl"], check=True)
    return made


def environment(library: Path, off: Path) -> dict[str, str]:
    """Return what makes a process live by the seconds in the file *off*."""
    return {"LD_PRELOAD": str(library), "STEPPED_BY": str(off)}


def in_bytes(seconds: int) -> bytes:
    """Return what such a file holds."""
    return struct.pack("q", seconds)
