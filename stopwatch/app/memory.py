"""How the C library keeps memory that was given back: little of it, because a daemon's peaks are rare and short."""

from __future__ import annotations

import ctypes

_KEPT = 128 * 1024
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_SETTINGS = ((_TRIM_THRESHOLD, _KEPT), (_MMAP_THRESHOLD, _KEPT), (_ARENA_MAX, 2))
"""mallopt(3). What is set here no longer grows by itself, which it otherwise does with the largest block ever freed."""


def give_back_memory() -> bool:
    """
    Let glibc return free memory to the system, from two arenas however many threads there are.

    After a catch-up or a large answer it would otherwise hold as much as that took, for ever. Other C libraries know
    nothing of it: then nothing is done, and False returned.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    return mallopt is not None and all(mallopt(name, value) == 1 for name, value in _SETTINGS)
