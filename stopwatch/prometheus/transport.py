"""The way httpx takes to the network here: httpcore's connections, whose every step ends at one instant."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import httpcore
import httpx

from stopwatch.prometheus.network import DeadlineBackend

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

_KINDS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.TimeoutException, httpx.TimeoutException),
    (httpcore.ProtocolError, httpx.ProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
    (httpcore.NetworkError, httpx.NetworkError),
    (OSError, httpx.NetworkError),
)
"""What may end a connection, and what httpx calls it."""


class DeadlineTransport(httpx.BaseTransport):
    """
    Sends requests to one address; their extension ``timeout`` holds instants of *monotonic* under connect, read, write.

    httpx's own transport takes durations, which hold for each read anew, so that a peer who drips bytes is never late.
    The connection that was used last is used next, so that who asks one thing after the other needs only one; whoever
    asks bounds how many there are. httpcore's pool would look through all of them four times a request.
    """

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None,
        keepalive_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        """Keep connections that nobody uses for *keepalive_seconds*; none is opened yet."""
        self._ssl_context, self._keepalive_seconds = ssl_context, keepalive_seconds
        self._backend = DeadlineBackend(monotonic)
        self._lock = threading.Lock()
        self._idle: list[httpcore.HTTPConnection] = []
        self._busy: set[httpcore.HTTPConnection] = set()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request* and return the head of its answer; the body follows while it is read."""
        url = request.url
        sent = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.content,
            extensions=request.extensions,
        )
        connection = self._take(sent.url.origin)
        try:
            with _as_httpx():
                answer = connection.handle_request(sent)
        except BaseException:
            self._give_back(connection)
            raise
        body = _Body(answer, lambda: self._give_back(connection))
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        """Close every connection, those in use as well."""
        with self._lock:
            self._closed = True
            connections = [*self._idle, *self._busy]
            self._idle.clear()
        for connection in connections:
            connection.close()

    def _take(self, origin: httpcore.Origin) -> httpcore.HTTPConnection:
        """Return the idle connection that was used last, or a new one; close those that are too old or were ended."""
        with self._lock:
            over = [connection for connection in self._idle if connection.has_expired()]
            self._idle = [connection for connection in self._idle if connection not in over]
            connection = self._idle.pop() if self._idle else self._new(origin)
            self._busy.add(connection)
        for each in over:
            each.close()
        return connection

    def _new(self, origin: httpcore.Origin) -> httpcore.HTTPConnection:
        return httpcore.HTTPConnection(
            origin,
            ssl_context=self._ssl_context,
            keepalive_expiry=self._keepalive_seconds,
            network_backend=self._backend,
        )

    def _give_back(self, connection: httpcore.HTTPConnection) -> None:
        """Keep a connection whose answer was read to its end; close any other."""
        with self._lock:
            self._busy.discard(connection)
            kept = connection.is_available() and not self._closed
            if kept:
                self._idle.append(connection)
        if not kept:
            connection.close()


class _Body(httpx.SyncByteStream):
    """The pieces of a body as they arrive; *closed* is called once it is read, or given up."""

    def __init__(self, answer: httpcore.Response, closed: Callable[[], None]) -> None:
        self._answer, self._closed = answer, closed

    def __iter__(self) -> Iterator[bytes]:
        pieces: Iterable[bytes] = self._answer.iter_stream()
        with _as_httpx():
            yield from pieces

    def close(self) -> None:
        try:
            self._answer.close()
        finally:
            self._closed()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Name what goes wrong below as httpx does, so that one library is spoken above."""
    try:
        yield
    except tuple(below for below, _ in _KINDS) as error:
        kind = next(above for below, above in _KINDS if isinstance(error, below))
        raise kind(str(error)) from error
