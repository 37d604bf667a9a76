"""Connections whose every step ends at one instant, so that a peer who drips bytes cannot stretch a request."""

from __future__ import annotations

import io
import select
import socket
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stopwatch.prometheus.http1 import read_body, read_head

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from stopwatch.prometheus.http1 import Head

_WRITE_BYTES = 65_536
_BUFFER_BYTES = 65_536
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Response:
    """The *head* of an answer, and its body in *pieces* as they arrive, to be read once."""

    head: Head
    pieces: Iterator[bytes]


class Connection:
    """One open connection; *used* is when it was used last. One thread uses it at a time."""

    def __init__(self, opened: socket.socket, monotonic: Callable[[], float]) -> None:
        """Speak over *opened*."""
        self._socket = opened
        self._monotonic = monotonic
        self.used = monotonic()
        self.clean = False

    def ask(self, request: bytes, until: float) -> Response:
        """
        Send *request* and read the head of its answer before the instant *until* of *monotonic*; the body is read then.

        Raises:
            MalformedError: No answer of HTTP/1.1.
            TimeoutError: The instant passed.
            OSError: The connection broke.

        """
        self.clean = False
        for start in range(0, len(request), _WRITE_BYTES):
            self._socket.settimeout(left(until, self._monotonic))
            self._socket.sendall(request[start : start + _WRITE_BYTES])
        file = io.BufferedReader(_Incoming(self._socket, until, self._monotonic), _BUFFER_BYTES)
        head = read_head(file)
        return Response(head, self._pieces(file, head))

    def _pieces(self, file: io.BufferedReader[_Incoming], head: Head) -> Iterator[bytes]:
        yield from read_body(file, head)
        self.used, self.clean = self._monotonic(), head.keeps

    @property
    def quiet(self) -> bool:
        """Whether the peer has neither closed an idle connection nor said anything that nobody asked for."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return not waiting.poll(0)

    def close(self) -> None:
        """Close it."""
        self._socket.close()


class Connections:
    """Connections to the host of *url*, kept for *idle_seconds* after they were used, until all of it is *closed*."""

    def __init__(
        self, url: str, *, tls: ssl.SSLContext | None, idle_seconds: float, monotonic: Callable[[], float]
    ) -> None:
        """Prepare; nothing is opened yet."""
        parsed = urlsplit(url)
        self._host, self._port = parsed.hostname or "", parsed.port or _PORTS[parsed.scheme]
        self._tls, self._idle_seconds, self._monotonic = tls, idle_seconds, monotonic
        self._idle: deque[Connection] = deque()
        self.closed = False

    def take(self, until: float) -> Connection:
        """
        Return an idle connection that still stands, or open one before *until*.

        Raises:
            TimeoutError: The instant passed.
            OSError: Nobody answers at any of the host's addresses.

        """
        while self._idle:
            connection = self._idle.pop()
            if self._monotonic() - connection.used < self._idle_seconds and connection.quiet:
                return connection
            connection.close()
        return Connection(self._open(until), self._monotonic)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose last answer was read to its end; close any other."""
        if connection.clean and not self.closed:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close those that are idle now, and the others when they are given back."""
        self.closed = True
        while self._idle:
            self._idle.pop().close()

    def _open(self, until: float) -> socket.socket:
        """Try every address of the host in turn within the time that is left."""
        failure: OSError | None = None
        for address in _addresses(self._host, self._port):
            try:
                opened = socket.create_connection((address, self._port), left(until, self._monotonic))
            except TimeoutError:
                raise
            except OSError as error:
                failure = error
            else:
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return self._shielded(opened, until)
        raise failure or OSError("the name has no address")

    def _shielded(self, opened: socket.socket, until: float) -> socket.socket:
        if self._tls is None:
            return opened
        try:
            opened.settimeout(left(until, self._monotonic))
            return self._tls.wrap_socket(opened, server_hostname=self._host)
        except BaseException:
            opened.close()
            raise


class _Incoming(io.RawIOBase):
    """What a socket receives until the instant *until*."""

    def __init__(self, opened: socket.socket, until: float, monotonic: Callable[[], float]) -> None:
        self._socket, self._until, self._monotonic = opened, until, monotonic

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # the buffered reader hands in nothing else
        self._socket.settimeout(left(self._until, self._monotonic))
        return self._socket.recv_into(buffer)


def left(until: float, monotonic: Callable[[], float]) -> float:
    """
    Return the seconds until *until*.

    Raises:
        TimeoutError: There are none.

    """
    seconds = until - monotonic()
    if seconds <= 0:
        raise TimeoutError("the deadline of the request has passed")
    return seconds


def _addresses(host: str, port: int) -> list[str]:
    """Look *host* up; the list is in the resolver's order and free of doubles."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise OSError("the name cannot be resolved") from None
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
