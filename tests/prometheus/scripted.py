"""An HTTP server on loopback that answers exactly the bytes a test gives it, proper HTTP or not."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Self
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass(frozen=True, slots=True)
class Raw:
    """Does what it likes with the connection, which is closed afterwards."""

    play: Callable[[socket.socket], None]


Script = bytes | Callable[[Seen], bytes] | Raw
"""What follows one request: these bytes, bytes that depend on the request, or anything at all."""


class ScriptedServer:
    """Answers the n-th request with the n-th script, and every later one with the last."""

    def __init__(self, *scripts: Script) -> None:
        self.scripts = scripts
        self.seen: list[Seen] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def connections(self) -> int:
        return len(self._open)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            close(connection)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(10)
            self._open.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection.makefile("rb") as stream:
                while (seen := _request(stream.readline, stream.read)) is not None:
                    with self._lock:
                        script = self.scripts[min(len(self.seen), len(self.scripts) - 1)]
                        self.seen.append(seen)
                    if isinstance(script, Raw):
                        script.play(connection)
                        return
                    connection.sendall(script if isinstance(script, bytes) else script(seen))
        except OSError:
            return
        finally:
            close(connection)


def close(connection: socket.socket) -> None:
    """End *connection* so that a thread that reads or writes it wakes up."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _request(line: Callable[[], bytes], read: Callable[[int], bytes]) -> Seen | None:
    first = line().split()
    if not first:
        return None
    headers = {}
    while (header := line().strip()) != b"":
        name, _, value = header.partition(b":")
        headers[name.decode().lower()] = value.strip().decode()
    body = read(int(headers.get("content-length", "0")))
    return Seen(first[0].decode(), first[1].decode(), headers, body)


def http(body: bytes | str, status: int = 200, *headers: str) -> bytes:
    """One complete answer with its length."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content
