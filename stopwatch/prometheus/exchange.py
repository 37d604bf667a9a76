"""One HTTP request and its whole answer, bounded in bytes and in time."""

from __future__ import annotations

import ssl
import threading
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode

import httpx

from stopwatch.core.errors import SourceUnavailableError
from stopwatch.prometheus.reasons import Reason
from stopwatch.prometheus.secrecy import Address, quieten
from stopwatch.prometheus.transport import DeadlineTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

IN_FLIGHT = 4
"""The most requests that one source has under way at the same time."""
_KEEPALIVE_SECONDS = 90.0
_REFUSAL_BYTES = 65_536
_FORM = b"application/x-www-form-urlencoded"
_OK = range(200, 300)
_BROKEN = (httpx.TransportError, httpx.StreamError, httpx.InvalidURL, zlib.error)
"""Whatever ends a connection or makes its bytes unreadable."""


class OversizeError(Exception):
    """The answer is larger than allowed; fewer slots may fit."""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came back: *status*, *headers* (names in lower case) and the decoded *body*.

    Between *sent* and *received* (seconds of the monotonic clock) the server wrote its ``Date``.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent: float
    received: float


class Exchange:
    """Sends requests to one address, at most four at a time, over connections that are kept."""

    def __init__(self, where: Address, *, monotonic: Callable[[], float], max_bytes: int, gzip: bool) -> None:
        quieten()
        self._where, self._monotonic, self._max_bytes = where, monotonic, max_bytes
        self._free = threading.BoundedSemaphore(IN_FLIGHT)
        # The transport alone, without a client: redirects, cookies, proxies of the environment and logins are nobody's
        # wish here, and looking for them costs more than sending.
        self._transport = DeadlineTransport(
            ssl_context=ssl.create_default_context() if where.url.startswith("https:") else None,
            keepalive_seconds=_KEEPALIVE_SECONDS,
            monotonic=monotonic,
        )
        self._closed = False
        self._urls: dict[str, httpx.URL] = {}
        self._headers = httpx.Headers(
            {
                "host": where.host,
                "user-agent": "stopwatch",
                "accept": "application/json",
                "accept-encoding": "gzip" if gzip else "identity",
                **where.headers,
            }
        )
        self._form_headers = httpx.Headers([*self._headers.raw, (b"content-type", _FORM)])

    def __enter__(self) -> Self:
        """Use the connections in a ``with``."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close them."""
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._closed = True
        self._transport.close()

    def send(self, method: str, path: str, form: Mapping[str, str] | None = None, *, until: float) -> Answer:
        """
        Send one request and read its whole answer before the instant *until* of the monotonic clock.

        Raises:
            SourceUnavailableError: No connection, no HTTP, not in time, an encoding that cannot be read, or `close` was
                called meanwhile, as a reload does.
            OversizeError: A successful answer is larger than ``max_bytes``, as sent or decoded.

        """
        if self._closed:
            raise self._unavailable("its connections were closed", Reason.CONNECTION)
        with self._turn(until), self._named_failures():
            return self._exchange(method, path, form, until)

    def _exchange(self, method: str, path: str, form: Mapping[str, str] | None, until: float) -> Answer:
        sent = self._monotonic()
        instants = dict.fromkeys(("connect", "read", "write"), until)
        url = self._urls.get(path) or self._urls.setdefault(path, httpx.URL(self._where.url + path))
        request = httpx.Request(
            method,
            url,
            headers=self._headers if form is None else self._form_headers,
            content=urlencode(form).encode("ascii") if form is not None else None,
            extensions={"timeout": instants},
        )
        response = self._transport.handle_request(request)
        received = self._monotonic()
        try:
            body = self._body(response, until)
        finally:
            response.close()
        return Answer(response.status_code, response.headers, body, sent, received)

    def _body(self, response: httpx.Response, until: float) -> bytes:
        """Read the body; of a refusal only its beginning counts, and trouble with it does not hide the refusal."""
        encoding = response.headers.get("content-encoding", "identity").strip().lower()
        if response.status_code in _OK:
            return self._bounded(response, encoding, self._max_bytes, until)
        try:
            return self._bounded(response, encoding, min(self._max_bytes, _REFUSAL_BYTES), until)
        except (OversizeError, SourceUnavailableError, *_BROKEN):
            return b""

    def _bounded(self, response: httpx.Response, encoding: str, limit: int, until: float) -> bytes:
        if encoding not in {"identity", "", "gzip", "x-gzip", "deflate"}:
            raise self._unavailable(f"answered in the encoding {encoding!a}", Reason.ENCODING)
        inflate = zlib.decompressobj(wbits=47) if encoding not in {"identity", ""} else None
        body, size = bytearray(), 0
        for piece in response.iter_raw():
            size += len(piece)
            # One byte more than allowed is enough to know; the rest of a bomb is never inflated.
            body += inflate.decompress(piece, limit + 1 - len(body)) if inflate else piece
            if size > limit or len(body) > limit:
                raise OversizeError
            if self._monotonic() >= until:
                raise self._unavailable("did not answer in time", Reason.TIMEOUT)
        if inflate and (not inflate.eof or inflate.unused_data):
            raise self._unavailable("sent a compressed answer without a proper end", Reason.ENCODING)
        return bytes(body)

    @contextmanager
    def _turn(self, until: float) -> Iterator[None]:
        """Wait for one of the four places, no longer than *until*."""
        if not self._free.acquire(timeout=max(0.0, until - self._monotonic())):
            raise self._unavailable(f"has {IN_FLIGHT} requests under way; there was no turn in time", Reason.TIMEOUT)
        try:
            yield
        finally:
            self._free.release()

    @contextmanager
    def _named_failures(self) -> Iterator[None]:
        """Turn what httpx and zlib raise into our own tree; their causes may show headers and are dropped."""
        try:
            yield
        except httpx.TimeoutException:
            raise self._unavailable("did not answer in time", Reason.TIMEOUT) from None
        except zlib.error:
            raise self._unavailable("sent a compressed answer that cannot be read", Reason.ENCODING) from None
        except httpx.ProtocolError as error:
            raise self._unavailable(f"broke off, or does not speak HTTP: {error}", Reason.PROTOCOL) from None
        except _BROKEN as error:
            raise self._unavailable(f"cannot be reached: {error}", Reason.CONNECTION) from None

    def _unavailable(self, what: str, reason: Reason) -> SourceUnavailableError:
        return SourceUnavailableError(self._where.redact(what), reason=reason)
