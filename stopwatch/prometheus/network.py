"""Connections whose every step ends at one instant, so that a peer who drips bytes cannot stretch a request."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable

_WRITE_BYTES = 65_536


class DeadlineBackend(httpcore.NetworkBackend):
    """
    Opens connections that read ``timeout`` as an instant of *monotonic*, not as a duration.

    httpcore hands its timeouts through unchanged and applies them to each read; an instant holds for all of
    them together.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """
        Try every address of *host* in turn within the time that is left.

        Raises:
            httpcore.ConnectError: None of them answered.
            httpcore.ConnectTimeout: The instant passed.

        """
        failure: httpcore.ConnectError | None = None
        for address in _addresses(host, port):
            left = _left(timeout, self._monotonic, httpcore.ConnectTimeout)
            try:
                stream = self._inner.connect_tcp(address, port, left, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
            else:
                return DeadlineStream(stream, self._monotonic)
        raise failure or httpcore.ConnectError("the name has no address")


class DeadlineStream(httpcore.NetworkStream):
    """One connection; ``timeout`` is an instant here too."""

    def __init__(self, inner: httpcore.NetworkStream, monotonic: Callable[[], float]) -> None:
        self._inner = inner
        self._monotonic = monotonic

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has arrived, or wait for it until the instant."""
        return self._inner.read(max_bytes, _left(timeout, self._monotonic, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write everything, a piece at a time, until the instant."""
        for start in range(0, len(buffer), _WRITE_BYTES):
            left = _left(timeout, self._monotonic, httpcore.WriteTimeout)
            self._inner.write(buffer[start : start + _WRITE_BYTES], left)

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Shake hands until the instant."""
        left = _left(timeout, self._monotonic, httpcore.ConnectTimeout)
        return DeadlineStream(self._inner.start_tls(ssl_context, server_hostname, left), self._monotonic)

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 -- the signature is httpcore's
        """Tell what the connection knows about itself."""
        return self._inner.get_extra_info(info)


def _left(until: float | None, monotonic: Callable[[], float], late: type[httpcore.TimeoutException]) -> float | None:
    """Seconds until *until*; raises *late* when there are none."""
    if until is None:
        return None
    left = until - monotonic()
    if left <= 0:
        raise late("the deadline of the request has passed")
    return left


def _addresses(host: str, port: int) -> list[str]:
    """Look *host* up; the list is in the resolver's order and free of doubles."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise httpcore.ConnectError("the name cannot be resolved") from None
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))
