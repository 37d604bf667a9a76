"""Network namespaces of their own: links into them that are cut without a word, and doors that stay open."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

_NEW_NETWORK = 0x40000000
"""CLONE_NEWNET."""
_LIBC = ctypes.CDLL(None, use_errno=True)
_CHUNK = 1 << 16


class Namespace:
    """A network namespace with nothing but a loopback; it is gone once nobody uses it any more."""

    def __init__(self) -> None:
        """
        Make one.

        Raises:
            OSError: This process may not.

        """
        with ThreadPoolExecutor(1) as elsewhere:  # only the thread that asks for it moves into it
            self._file = elsewhere.submit(_made).result()
        self.run("link", "set", "lo", "up")

    @property
    def path(self) -> str:
        """Where other processes find it as long as this one lives."""
        return f"/proc/{os.getpid()}/fd/{self._file}"

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Let this thread make its sockets and start its programs in here."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        _called("setns", self._file, _NEW_NETWORK)
        try:
            yield
        finally:
            _called("setns", home, _NEW_NETWORK)
            os.close(home)

    def run(self, *words: str) -> None:
        """Run ``ip`` in here."""
        with self.inside():
            subprocess.run(["ip", *words], check=True, capture_output=True)

    @contextmanager
    def door(self, port: int) -> Iterator[None]:
        """Let whoever asks in here for *port*, on any address, be heard by the program at our own loopback's *port*."""
        with self.inside():
            listener = socket.create_server(("", port))
        threading.Thread(target=_admit, args=(listener, port), name="door", daemon=True).start()
        try:
            yield
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)


@dataclass(frozen=True, slots=True)
class Link:
    """A cable: *near* is what its far end calls the namespace in which it is cut."""

    end: Namespace
    name: str
    near: str

    def cut(self) -> None:
        """Lose whatever is sent from now on, in both directions; nobody is told."""
        self.end.run("link", "set", self.name, "down")

    def mend(self) -> None:
        """Carry again what is sent."""
        self.end.run("link", "set", self.name, "up")


def link(end: Namespace, far: Namespace, number: int) -> Link:
    """Lay cable *number* between two namespaces."""
    near, other = f"near{number}", f"far{number}"
    end.run("link", "add", near, "type", "veth", "peer", "name", other)
    end.run("link", "set", other, "netns", far.path)
    for each, name, last in ((end, near, 1), (far, other, 2)):
        each.run("address", "add", f"10.77.{number}.{last}/30", "dev", name)
        each.run("link", "set", name, "up")
    return Link(end, near, f"10.77.{number}.1")


@contextmanager
def namespaces(count: int) -> Iterator[list[Namespace]]:
    """Make so many."""
    with ExitStack() as stack:
        made = []
        for _ in range(count):
            made.append(Namespace())
            stack.callback(made[-1].close)
        yield made


def impossible() -> str:
    """Say why no namespace can be made here; nothing where one can."""
    if shutil.which("ip") is None:
        return "there is no `ip`: apt-get install iproute2"
    try:
        with namespaces(2) as (one, other):
            link(one, other, 1)
    except (OSError, subprocess.CalledProcessError) as error:
        return f"network namespaces take root and its capabilities: {error}"
    return ""


def enter(path: str) -> None:
    """Move this process, which must have no other thread yet, into the namespace at *path*."""
    file = os.open(path, os.O_RDONLY)
    _called("setns", file, _NEW_NETWORK)
    os.close(file)


def _made() -> int:
    _called("unshare", _NEW_NETWORK)
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY)


def _called(name: str, *numbers: int) -> None:
    if getattr(_LIBC, name)(*numbers):
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _admit(listener: socket.socket, port: int) -> None:
    with suppress(OSError):  # it was closed
        while True:
            visitor, _address = listener.accept()
            threading.Thread(target=_receive, args=(visitor, port), name="door", daemon=True).start()


def _receive(visitor: socket.socket, port: int) -> None:
    with visitor, suppress(OSError), socket.create_connection(("127.0.0.1", port)) as host:
        back = threading.Thread(target=_carry, args=(host, visitor), name="door", daemon=True)
        back.start()
        _carry(visitor, host)
        back.join()


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while chunk := one.recv(_CHUNK):
            other.sendall(chunk)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)
