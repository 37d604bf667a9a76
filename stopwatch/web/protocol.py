"""One HTTP connection with deadlines, and a bound on how many there are."""

from __future__ import annotations

import itertools
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import Config
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle
    from uvicorn.server import ServerState

HEAD_SECONDS = 5.0
"""From the connection (or the end of the last answer) to the end of the next request's headers; also the idle time."""
EXCHANGE_SECONDS = 60.0
"""From the end of the headers to the end of the answer; also what a slow reader has to take the rest of it."""
MOST_CONNECTIONS = 100
"""At this many the oldest half-open connection makes room for a new one, or else the oldest that owes us its body."""

_ORDER = itertools.count()


class BoundedProtocol(H11Protocol):
    """uvicorn's own protocol, which lets a client take as long as it likes, with an end to its patience."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Begin with nothing to wait for."""
        super().__init__(config, server_state, app_state, _loop)
        self._order = next(_ORDER)
        self._deadline: asyncio.TimerHandle | None = None
        self._awaited: RequestResponseCycle | None = None

    @property
    def half_open(self) -> bool:
        """Whether no request is complete enough to be answered: headers unfinished, or idle between two requests."""
        return bool(getattr(self.cycle, "response_complete", True))  # uvicorn leaves None there until the first request

    @property
    def owes_a_body(self) -> bool:
        """Whether a request has announced more than it has sent."""
        return bool(self.conn.their_state is h11.SEND_BODY)

    def connection_made(  # type: ignore[override] # as uvicorn's own: it never serves datagrams
        self, transport: asyncio.Transport
    ) -> None:
        """Take a new connection, at the cap by dropping the oldest half-open one."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            crowd = [other for other in self.connections if isinstance(other, BoundedProtocol) and other is not self]
            waiting = [other for other in crowd if other.half_open] or [other for other in crowd if other.owes_a_body]
            # Where all others are being answered, the new one goes.
            min(waiting, key=lambda other: other._order, default=self).drop()  # noqa: SLF001 – of this very class
        self._await_progress()

    def drop(self) -> None:
        """Close at once, whatever is unsent."""
        self.connections.discard(self)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """Take bytes; they never prolong a wait that has begun. What they are answered carries the Date of now."""
        date = formatdate(usegmt=True).encode()
        self.server_state.default_headers = [(b"date", date), *self.config.encoded_headers]
        super().data_received(data)
        self._await_progress()

    def on_response_complete(self) -> None:
        """Begin to wait for the next request."""
        super().on_response_complete()
        self._await_progress()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._cancel()
        super().connection_lost(exc)

    def _await_progress(self) -> None:
        """Set the deadline of what this connection waits for now, unless it is set."""
        if self.transport.is_closing():
            return
        awaited = None if self.half_open else self.cycle
        if self._deadline is not None and awaited is self._awaited:
            return
        self._cancel()
        self._awaited = awaited
        seconds = HEAD_SECONDS if awaited is None else EXCHANGE_SECONDS
        self._deadline = self.loop.call_later(seconds, self._expire)

    def _expire(self) -> None:
        """End the connection; an answer that is still on its way to a slow reader gets one more stretch of time."""
        if self._awaited is None and self.transport.get_write_buffer_size():
            self._deadline = self.loop.call_later(EXCHANGE_SECONDS, self.drop)
        else:
            self.drop()

    def _cancel(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
