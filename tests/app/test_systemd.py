"""What systemd is told, read from a socket as systemd reads it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from stopwatch.app.systemd import SignsOfLife, Systemd


class Ear:
    """The socket that NOTIFY_SOCKET names."""

    def __init__(self, address: str) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)
        self.socket.settimeout(20)
        self.environ = {"NOTIFY_SOCKET": address}

    def hear(self) -> list[str]:
        """The lines of the next message."""
        return self.socket.recv(4096).decode().split("\n")


@pytest.fixture(params=[pytest.param("{}/notify", id="a path"), pytest.param("@stopwatch-{}", id="an abstract name")])
def ear(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ear]:
    pattern: str = request.param
    heard = Ear(pattern.format(tmp_path if "/" in pattern else os.getpid()))
    yield heard
    heard.socket.close()


def test_every_change_is_told_as_the_protocol_demands(ear: Ear) -> None:
    systemd = Systemd(ear.environ, lambda: 12.5)
    systemd.ready("watching 2 sites")
    assert ear.hear() == ["READY=1", "STATUS=watching 2 sites"]
    systemd.reloading()
    assert ear.hear() == ["RELOADING=1", "MONOTONIC_USEC=12500000"]
    systemd.stopping()
    assert ear.hear() == ["STOPPING=1", "STATUS=stopping"]


def test_without_systemd_nothing_is_told_and_nothing_fails() -> None:
    systemd = Systemd({}, lambda: 0.0)
    systemd.ready("watching 2 sites")
    assert systemd.alive_every_seconds is None


def test_a_socket_that_is_gone_ends_nothing(tmp_path: Path) -> None:
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "gone")}, lambda: 0.0).ready("watching 2 sites")


@pytest.mark.parametrize(
    ("more", "seconds"),
    [
        pytest.param({"WATCHDOG_USEC": "60000000"}, 20.0, id="three signs a period"),
        pytest.param({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 20.0, id="meant for us"),
        pytest.param({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None, id="meant for another process"),
        pytest.param({}, None, id="no watchdog"),
        pytest.param({"WATCHDOG_USEC": "soon"}, None, id="no number"),
    ],
)
def test_how_often_a_sign_of_life_is_given(more: dict[str, str], seconds: float | None) -> None:
    assert Systemd({"NOTIFY_SOCKET": "/run/notify", **more}, lambda: 0.0).alive_every_seconds == seconds


def test_signs_of_life_cease_while_the_pulse_is_dead_and_come_back_with_it(ear: Ear) -> None:
    systemd = Systemd({**ear.environ, "WATCHDOG_USEC": "60000"}, lambda: 0.0)
    alive, looked = threading.Event(), threading.Semaphore(0)

    def live() -> bool:
        looked.release()
        return alive.is_set()

    alive.set()
    signs = SignsOfLife(systemd, live)
    signs.start()
    assert ear.hear() == ["WATCHDOG=1"]
    alive.clear()
    looked.acquire()
    ear.socket.settimeout(0)
    silent_for = 0
    while silent_for < 5:  # looks at a dead pulse, in a row, of which nothing was told
        assert looked.acquire(timeout=20)
        try:
            ear.hear()
            silent_for = 0
        except BlockingIOError:
            silent_for += 1
    alive.set()
    ear.socket.settimeout(20)
    assert ear.hear() == ["WATCHDOG=1"]
    signs.stop()
