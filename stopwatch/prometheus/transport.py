"""The way httpx takes to the network here: httpcore's pool, whose connections all end at one instant."""

from __future__ import annotations

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
    Sends requests whose extension ``timeout`` holds instants of *monotonic* under connect, read and write.

    httpx's own transport takes durations, which hold for each read anew, so that a peer who drips bytes is never late.
    """

    def __init__(
        self,
        *,
        ssl_context: ssl.SSLContext | None,
        connections: int,
        keepalive_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        """Prepare so many *connections*; none is opened yet."""
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context,
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=keepalive_seconds,
            network_backend=DeadlineBackend(monotonic),
        )

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
        with _as_httpx():
            answer = self._pool.handle_request(sent)
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer), extensions=answer.extensions)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """The pieces of a body as they arrive."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        pieces: Iterable[bytes] = self._answer.iter_stream()
        with _as_httpx():
            yield from pieces

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _as_httpx() -> Iterator[None]:
    """Name what goes wrong below as httpx does, so that one library is spoken above."""
    try:
        yield
    except tuple(below for below, _ in _KINDS) as error:
        kind = next(above for below, above in _KINDS if isinstance(error, below))
        raise kind(str(error)) from error
