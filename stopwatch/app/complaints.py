"""Failures that last: each is logged when it begins or changes, every half hour while it lasts, and when it ends."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

AGAIN_SECONDS = 1800.0
_NUMBERS = re.compile(r"\d+")


@dataclass(slots=True)
class _Standing:
    failure: str
    words: str
    said_at: float
    seen_at: float


@dataclass(slots=True)
class Complaints:
    """The failures of one source that stand, by what they are about: the part before the first colon."""

    _standing: dict[str, _Standing] = field(default_factory=dict)

    @property
    def standing(self) -> list[str]:
        """Everything that fails now."""
        return [each.failure for each in list(self._standing.values())]

    def news(self, failures: Iterable[str], *, at: float, over_after: float) -> tuple[list[str], list[str]]:
        """
        Return the failures that are to be said now, and what has not failed any more for *over_after* seconds.

        *at* counts monotonic seconds. Numbers in a failure, such as ports and lengths, are no change of it.
        """
        said = []
        for failure in dict.fromkeys(failures):
            subject = failure.partition(":")[0]
            known, words = self._standing.get(subject), _NUMBERS.sub("#", failure)
            if known is None or known.words != words or at - known.said_at >= AGAIN_SECONDS:
                said.append(failure)
                self._standing[subject] = known = _Standing(failure, words, at, at)
            known.failure, known.seen_at = failure, at
        over = [subject for subject, standing in self._standing.items() if at - standing.seen_at >= over_after]
        for subject in over:
            del self._standing[subject]
        return said, over
