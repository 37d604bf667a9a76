"""Small disks that fill up and empty again."""

from __future__ import annotations

import os
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

PAGE = 4096
"""Bytes by which such a disk fills up."""


@contextmanager
def small_disk(folder: Path, *, mib: int = 8) -> Iterator[Path]:
    """A file system of so many *mib*; where none can be mounted the folder itself, and it is said."""
    folder.mkdir()
    if os.geteuid() != 0:
        warnings.warn("only root can mount a small disk; that it fills up and empties was NOT tried", stacklevel=3)
        yield folder
        return
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room, if *disk* is a disk of its own."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while os.path.ismount(disk):
            file.write(bytes(PAGE))
    return filler
