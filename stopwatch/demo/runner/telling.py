"""What a command of stopwatch answered, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Told:
    """What a command answered."""

    words: tuple[str, ...]
    exit_code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything it said, for a person."""
        return (self.out + self.err).strip()
