"""The HTTP server: uvicorn in a thread of its own, on a socket that is bound before anything starts."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from stopwatch.core.errors import ConfigurationError
from stopwatch.web.protocol import EXCHANGE_SECONDS, BoundedProtocol

if TYPE_CHECKING:
    from starlette.types import ASGIApp

STOP_SECONDS = 3
"""How long answers in progress may take once the server is told to stop."""
_START_SECONDS = 10.0
_BACKLOG = 512
_TURNS_TO_BE_KNOWN = 3
_LARGEST_HEAD = 32 * 1024


class WebServer:
    """Serves one application; installs no signal handlers and writes no access log."""

    def __init__(self, app: ASGIApp, *, host: str, port: int) -> None:
        """
        Bind the address; port 0 takes a free one.

        Raises:
            ConfigurationError: The address cannot be bound.

        """
        try:
            self._socket = _bound(host, port)
        except OSError as error:
            # asyncio's and socket's words repeat the address; the system's own are enough.
            words = os.strerror(error.errno) if error.errno is not None and error.errno > 0 else str(error)
            hint = "end what listens there, or name another address by STOPWATCH_LISTEN"
            raise ConfigurationError(f"cannot listen on {host}:{port}: {words}; {hint}") from error
        self.host = host
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(
            app,
            http=BoundedProtocol,
            loop="asyncio",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            backlog=_BACKLOG,
            h11_max_incomplete_event_size=_LARGEST_HEAD,
            timeout_keep_alive=int(EXCHANGE_SECONDS),  # the protocol's own deadline comes first
            timeout_graceful_shutdown=STOP_SECONDS,
        )
        self._server = _AnnouncedServer(config)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    @property
    def address(self) -> str:
        """Where the server listens, as ``http://host:port``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    @property
    def alive(self) -> bool:
        """Whether the thread that answers is running."""
        return self._thread.is_alive()

    def start(self) -> None:
        """
        Begin to answer; returns once it does.

        Raises:
            ConfigurationError: The server did not come up.

        """
        self._thread.start()
        if not self._server.announced.wait(_START_SECONDS) or not self._thread.is_alive():
            raise ConfigurationError(f"the HTTP server did not start on {self.address}")

    def stop(self) -> None:
        """Stop listening, let answers in progress end (`STOP_SECONDS`), and return once the thread has ended."""
        self._server.end()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS + 2)
        self._socket.close()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._server.announced.set()


class _AnnouncedServer(uvicorn.Server):
    """uvicorn's server, which says when it has started, and sleeps while nobody asks for anything."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.announced = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self.announced.set()

    async def main_loop(self) -> None:
        """Wait; uvicorn's own loop wakes ten times a second, for a Date that our connections write themselves."""
        await self._ending.wait()
        # What asyncio has accepted becomes a connection two turns of its loop later, and is lost, open, if the server
        # is closed meanwhile. So no more is accepted first, and uvicorn then closes all that there are.
        loop = asyncio.get_running_loop()
        for listening in (each for server in self.servers for each in server.sockets):
            loop.remove_reader(listening.fileno())
        for _ in range(_TURNS_TO_BE_KNOWN):
            turned = asyncio.Event()
            loop.call_soon(turned.set)
            await turned.wait()

    def end(self) -> None:
        """Let the main loop end; any thread may call this."""
        self.should_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop is closed: it has ended
                self._loop.call_soon_threadsafe(self._ending.set)


def _bound(host: str, port: int) -> socket.socket:
    bare = host.strip("[]")
    try:
        family = socket.AF_INET6 if ipaddress.ip_address(bare).version == 6 else socket.AF_INET  # noqa: PLR2004 – IP version 6
    except ValueError:
        family = socket.AF_INET
    return socket.create_server((bare, port), family=family, backlog=_BACKLOG)
