"""What wakes those who wait for something to be written."""

from __future__ import annotations

import threading


class Bell:
    """Rings when this process has committed something; what others commit is found by looking now and then."""

    def __init__(self) -> None:
        """Begin with nobody to wake."""
        self._waiting: list[threading.Event] = []

    def listen(self) -> threading.Event:
        """Return an event that is set by each ring; whoever waits for it clears it."""
        woken = threading.Event()
        self._waiting.append(woken)
        return woken

    def ring(self) -> None:
        """Wake everybody."""
        for woken in self._waiting:
            woken.set()
