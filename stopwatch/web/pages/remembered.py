"""Sparklines as they were drawn, as many as a board has: values change once a step, people look more often."""

from __future__ import annotations

import threading
from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING

from stopwatch.web.charts.sparkline import sparkline

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopwatch.core.course import Course
    from stopwatch.core.kpi import Unit

LEAST = 256
"""So many are remembered however few are watched."""


class Sparklines:
    """
    Remembers markup by a hash of what it shows, for any thread; what was not looked at for longest goes first.

    It holds as many as `make_room` was last told: with fewer than the board shows, none would be found again. At 1,000
    sites × 5 KPIs they are 5 MiB.
    """

    def __init__(self, draw: Callable[..., str] = sparkline) -> None:
        """Begin with none; *draw* makes one, with the arguments of `sparkline`."""
        self._draw = draw
        self._drawn: dict[bytes, str] = {}
        self._changing = threading.Lock()
        self._most = LEAST

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._drawn)

    def forget(self) -> None:
        """Forget all."""
        with self._changing:
            self._drawn.clear()

    def make_room(self, most: int) -> None:
        """Remember *most* from now on, or `LEAST` if that is more."""
        self._most = max(LEAST, most)
        with self._changing:
            self._forget_oldest()

    def drawn(self, course: Course, title: str, unit: Unit) -> str:
        """Return the sparkline of *course*, as it was drawn if it was."""
        key = _shown(course, title, unit)
        with self._changing:
            svg = self._drawn.pop(key, None)
        if svg is None:
            svg = self._draw(course.values, limit=course.threshold, breaching=course.breaching, title=title, unit=unit)
        with self._changing:
            self._drawn[key] = svg
            self._forget_oldest()
        return svg

    def _forget_oldest(self) -> None:
        while len(self._drawn) > self._most:
            del self._drawn[next(iter(self._drawn))]


def _shown(course: Course, title: str, unit: Unit) -> bytes:
    """Return a hash of everything that a sparkline shows."""
    digest = blake2b(array("d", course.values).tobytes(), digest_size=16)
    digest.update(bytes(course.breaching))
    digest.update(repr((course.threshold, title, unit.value, len(course.values))).encode())
    return digest.digest()
