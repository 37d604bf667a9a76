"""What happened at the sites, line by line, as a person who follows a card's link to the logs would read it."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stopwatch.demo.sites.faults import Fault

_MOST_LINES = 1_000


class Journal:
    """The newest thousand lines, each with its Unix time and the ``site`` label it is about."""

    def __init__(self) -> None:
        """Begin empty."""
        self._lines: deque[tuple[float, str, str]] = deque(maxlen=_MOST_LINES)

    def began(self, fault: Fault, *, label: str, at: float) -> None:
        """Note that *fault* came on."""
        end = "until it is cleared" if fault.until is None else f"until {_clock(fault.until)}"
        self._lines.append((at, label, f"fault {fault.kind} began, strength {fault.strength:g}, {end}"))

    def cleared(self, fault: Fault, *, label: str, at: float) -> None:
        """Note that *fault* was switched off."""
        self._lines.append((at, label, f"fault {fault.kind} was cleared"))

    def page(self, *, label: str | None, begin: float | None, end: float | None) -> str:
        """Write the lines of one site (None: all) between two Unix times, both included, oldest first."""
        found = [
            f"{_clock(at)}  {site}  {words}\n"
            for at, site, words in self._lines
            if label in {None, site} and (begin is None or begin <= at) and (end is None or at <= end)
        ]
        return "".join(found) or "Nothing was noted here in this time.\n"


def _clock(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
