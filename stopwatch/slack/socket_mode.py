"""Socket Mode: Slack's interactions over a connection that we open, so that no port of ours must be reachable."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from socket import SHUT_RDWR
from typing import TYPE_CHECKING

import structlog
from slack_sdk.errors import SlackClientNotConnectedError
from slack_sdk.socket_mode.builtin.connection import Connection, ConnectionState

from stopwatch.slack.answer import Caller

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

log = structlog.get_logger()


WORKERS = 4
CHECK_SECONDS = 2.0
LONGEST_WAIT_SECONDS = 60.0
STOP_SECONDS = 5.0
_CALL_SECONDS = 5
_BUFFER = 16 * 1024
_ASKING = ("interactive", "slash_commands")


class SocketMode:
    """
    Keeps one session open and answers what comes through it; begins anew whenever it ends, for as long as it takes.

    slack_sdk's own client never comes back from connecting with a bad token and tells nobody of a failure; only its
    connection is used here.

    Args:
        token: The app token.
        base_url: What precedes the method name; None is Slack itself.
        now: The time, for ``Retry-After`` given as a date.
        answer: Takes a payload and its envelope's id; gives what to acknowledge it with, None for not at all.

    """

    def __init__(
        self,
        token: str,
        base_url: str | None,
        *,
        now: Callable[[], datetime],
        answer: Callable[[Mapping[str, object], str], Mapping[str, object] | None],
    ) -> None:
        self._caller = Caller(token, base_url, timeout_seconds=_CALL_SECONDS, now=now)
        self._answer = answer
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="socket")
        self._threads = [
            threading.Thread(target=self._run, name="socket", daemon=True),
            threading.Thread(target=self._check, name="socket-check", daemon=True),
        ]
        self._connection: Connection | None = None
        self._state = ConnectionState()  # type: ignore[no-untyped-call] # slack_sdk leaves it without types
        self._greeted = False
        self._trouble: str | None = None
        self._silent = logging.getLogger("stopwatch.slack.silenced")

    @property
    def connected(self) -> bool:
        """Whether a session is open."""
        return self._greeted and self._connection is not None and self._connection.is_active()

    def start(self) -> None:
        """Begin to connect; never waits for it."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Close the session; what is being answered is answered."""
        self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._state.terminated = True
        open_socket = self._connection.sock if self._connection is not None else None
        if open_socket is not None:
            with suppress(OSError):
                open_socket.shutdown(SHUT_RDWR)  # whoever reads wakes up; closing would wait for him
        for thread in self._threads:
            thread.join(STOP_SECONDS)

    def _run(self) -> None:
        failures = 0
        previous: Connection | None = None
        while not self._stop.is_set():
            wait = self._open()
            if previous is not None:
                previous.close()
            previous = self._connection
            if wait is None and previous is not None:
                previous.run_until_completion(self._state)
                log.info("socket.closed")
            failures = 0 if self._greeted else failures + 1
            self._greeted = False
            backoff = min(LONGEST_WAIT_SECONDS, 0.5 * 2.0 ** min(failures, 8)) if failures else 0.1
            self._stop.wait(max(wait or 0.0, backoff))
        if previous is not None:
            previous.close()

    def _open(self) -> float | None:
        """Open a session; where that fails, return how many seconds Slack asks us to wait at least."""
        answer = self._caller.call("apps.connections.open", {})
        url = answer.body.get("url")
        if answer.failure is not None or not isinstance(url, str):
            failure = answer.failure
            self._say(failure.code if failure else "unreadable_answer")
            asked = failure.retry_after if failure else None
            return asked.total_seconds() if asked else 0.0
        connection = Connection(
            url,
            self._silent,
            receive_buffer_size=_BUFFER,
            on_message_listener=self._heard,
            on_error_listener=lambda _error: None,
        )
        self._state = ConnectionState()  # type: ignore[no-untyped-call] # slack_sdk leaves it without types
        connection.connect()
        if not connection.is_active():
            self._say("connection_refused")
            return 0.0
        self._connection = connection
        return None

    def _say(self, code: str) -> None:
        if code != self._trouble:
            log.warning("socket.unavailable", code=code)
        self._trouble = code

    def _check(self) -> None:
        """Notice a session that died without a word; the connection by itself would read its end for ever."""
        while not self._stop.wait(CHECK_SECONDS):
            connection = self._connection
            if connection is None or not connection.is_active():
                continue
            connection.check_state()
            if connection.consecutive_check_state_error_count or not connection.is_active():
                self._state.terminated = True
                connection.disconnect()

    def _heard(self, text: str) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        kind, envelope = message.get("type"), message.get("envelope_id")
        if kind == "hello":
            self._greeted, self._trouble = True, None
            log.info("socket.opened")
        elif kind == "disconnect":
            self._state.terminated = True
        elif isinstance(envelope, str) and not self._stop.is_set():
            payload = message.get("payload") if kind in _ASKING else {}
            known = payload if isinstance(payload, Mapping) else {}
            self._pool.submit(self._take, self._connection, envelope, known).add_done_callback(_noted)

    def _take(self, connection: Connection | None, envelope: str, payload: Mapping[str, object]) -> None:
        said = self._answer(payload, envelope)
        if said is None:
            return
        text = json.dumps({"envelope_id": envelope, **({"payload": said} if said else {})})
        for each in (connection, self._connection):
            if each is None:
                continue
            try:
                each.send(text)
            except SlackClientNotConnectedError:
                continue
            return
        log.warning("socket.unacknowledged")


def _noted(done: Future[None]) -> None:
    failure = None if done.cancelled() else done.exception()
    if failure is not None:
        log.error("socket.answer_broke", error=type(failure).__name__, detail=str(failure))
