"""Health for the web room that a test can spoil."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field

from stopwatch.core.errors import ConfigurationError
from stopwatch.core.status import Role


@dataclass
class FakeHealth:
    """Health that a test can spoil; counts reloads."""

    alive: bool = True
    missing: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    complaint: str | None = None
    reloads: int = 0

    def live(self) -> bool:
        return self.alive

    def ready(self) -> tuple[bool, list[str]]:
        return not self.missing, self.missing

    def troubles(self) -> list[str]:
        return self.trouble

    def role(self) -> Role:
        return Role("leader", "this one", "up")

    def metrics(self, *, compressed: bool = False) -> bytes:
        page = b"# HELP stopwatch_leader Leading.\n# TYPE stopwatch_leader gauge\nstopwatch_leader 1.0\n"
        return gzip.compress(page) if compressed else page

    def reload(self) -> None:
        if self.complaint is not None:
            raise ConfigurationError(self.complaint)
        self.reloads += 1
