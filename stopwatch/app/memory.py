"""Keeping the daemon small: what libraries only offer is not imported, and memory that was given back is not kept."""

from __future__ import annotations

import ctypes
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = 128 * 1024
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_SETTINGS = ((_TRIM_THRESHOLD, _KEPT), (_MMAP_THRESHOLD, _KEPT), (_ARENA_MAX, 2))
"""mallopt(3). What is set here no longer grows by itself, which it otherwise does with the largest block ever freed."""

UNUSED = ("greenlet", "pygments", "rich")
"""
What libraries import where it is installed, and the daemon never uses: 1 MiB for SQLAlchemy's asyncio, and 5 MiB for
httpx's command and structlog's pretty tracebacks, in whose place we write plain ones.
"""


@contextmanager
def leaving_out(*packages: str) -> Iterator[None]:
    """Let imports within the block find *packages* as if they were not installed; one that was imported stays."""
    left_out = [package for package in packages if package not in sys.modules]
    blocked: dict[str, None] = dict.fromkeys(left_out)
    sys.modules.update(blocked)  # type: ignore[arg-type] # None stops an import, by the reference of the import system
    try:
        yield
    finally:
        for package in left_out:
            del sys.modules[package]


def give_back_memory() -> bool:
    """
    Let glibc return free memory to the system, from two arenas however many threads there are.

    After a catch-up or a large answer it would otherwise hold as much as that took, for ever. Other C libraries know
    nothing of it: then nothing is done, and False returned.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(name, value) == 1 for name, value in _SETTINGS)
