"""What systemd is told of the daemon, over the socket that it names in NOTIFY_SOCKET; nothing where there is none."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = structlog.get_logger()

STOP_SECONDS = 1.0
_PER_PERIOD = 3
"""So many signs of life are given while systemd waits for one."""


class Systemd:
    """Speaks the protocol of sd_notify(3): ready, reloading, stopping, and alive."""

    def __init__(self, environ: Mapping[str, str], monotonic: Callable[[], float]) -> None:
        """Read from *environ* where to write and how often a sign of life is expected."""
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._monotonic = monotonic
        mine = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        expected = environ.get("WATCHDOG_USEC", "") if mine else ""
        self.alive_every_seconds = int(expected) / 1e6 / _PER_PERIOD if expected.isdigit() and self._address else None

    def ready(self, status: str) -> None:
        """Say that everything is up, or up again after a reload; *status* is what ``systemctl status`` shows."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """Say that the files are being read."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={int(self._monotonic() * 1e6)}")

    def stopping(self) -> None:
        """Say that the daemon ends."""
        self._tell("STOPPING=1", "STATUS=stopping")

    def alive(self) -> None:
        """Give a sign of life."""
        self._tell("WATCHDOG=1")

    def _tell(self, *facts: str) -> None:
        if not self._address:
            return
        # A leading @ stands for the zero byte of an abstract address.
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as speaker:
                speaker.sendto("\n".join(facts).encode(), address)
        except OSError as error:
            log.warning("systemd.untold", fact=facts[0], detail=error.strerror)


class SignsOfLife:
    """Tells systemd that the daemon lives, as long as *live* says so; else systemd starts it afresh."""

    def __init__(self, systemd: Systemd, live: Callable[[], bool]) -> None:
        """Speak through *systemd*."""
        self._systemd = systemd
        self._live = live
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signs-of-life", daemon=True)

    def start(self) -> None:
        """Begin, if systemd waits for signs."""
        if self._systemd.alive_every_seconds is not None:
            self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while True:
            if self._live():
                self._systemd.alive()
            if self._stop.wait(self._systemd.alive_every_seconds):
                return
