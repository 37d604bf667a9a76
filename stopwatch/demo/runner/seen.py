"""What the scenario saw, as values that the checks can judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from stopwatch.demo.runner.telling import Told


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What the doors of a site's gate answered; the command line is asked at two sites only, for it takes its time."""

    exit_code: int | None
    status: int
    open: bool

    @property
    def is_open(self) -> bool:
        """Whether command line and API agree that the gate is open."""
        return self.exit_code in {None, 0} and (self.status, self.open) == (200, True)

    @property
    def is_closed(self) -> bool:
        """Whether command line and API agree that the gate is closed."""
        return self.exit_code in {None, 1} and (self.status, self.open) == (409, False)


@dataclass(frozen=True, slots=True)
class Moment:
    """How things stood at one moment of the scenario."""

    gates: Mapping[str, GateAnswer]
    decisions: tuple[Mapping[str, Any], ...]
    messages: tuple[Mapping[str, Any], ...]
    """Of the channel, oldest first, as the emulator tells them."""
    paused_metric: float | None


@dataclass(frozen=True, slots=True)
class Seen:
    """The whole scenario."""

    site: str
    rule: str
    barred: tuple[str, ...]
    """The sites of later phases, whose gates a pause at *site* must close."""
    history_sites: int
    """Sites whose orders of an hour ago the real Prometheus knows."""
    before: Moment
    during: Moment
    after: Moment
    links: Mapping[str, int]
    """HTTP status of every evidence link of the ground, by its kind."""
    acknowledge: Told
    early_resume: Told
    resume: Told
    replay: Mapping[str, Any]
    audit: Told
    outbox: tuple[Mapping[str, Any], ...]
    violations: tuple[str, ...]
    log_errors: tuple[str, ...]
    """Lines of the daemon's log that tell of an error, or that are no events."""
