"""What lives that end by SIGKILL leave wrong, counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Findings:
    """What was missing and what was there twice (or should not be there at all), and how much was compared."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    kills: int = 0
    grounds: int = 0
    messages: int = 0

    def add(self, other: Findings) -> None:
        """Add what another track found."""
        self.lost += other.lost
        self.doubled += other.doubled
        self.kills += other.kills
        self.grounds += other.grounds
        self.messages += other.messages

    def compare(self, kind: str, expected: Counter[Any], seen: Counter[Any]) -> None:
        """Note what *seen* lacks and what it has too much of."""
        self.lost += [f"{kind} {each}" for each in (expected - seen).elements()]
        self.doubled += [f"{kind} {each}" for each in (seen - expected).elements()]
