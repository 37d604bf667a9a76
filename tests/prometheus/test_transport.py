"""Connections are kept while they serve, the newest used first, and closed when they are old or nobody wants them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import httpx
import pytest

from stopwatch.prometheus.transport import DeadlineTransport
from tests.prometheus.scripted import Raw, ScriptedServer, http

ANSWER = http("x" * 10)
MakeTransport = Callable[..., DeadlineTransport]


@pytest.fixture
def make_transport() -> Iterator[MakeTransport]:
    """Makes a transport, which is closed after the test."""
    made: list[DeadlineTransport] = []

    def make(keepalive_seconds: float = 90.0) -> DeadlineTransport:
        made.append(DeadlineTransport(ssl_context=None, keepalive_seconds=keepalive_seconds, monotonic=time.monotonic))
        return made[-1]

    yield make
    for transport in made:
        transport.close()


def ask(transport: DeadlineTransport, server: ScriptedServer) -> httpx.Response:
    """Send a request; the body of its answer is not read yet."""
    instants = dict.fromkeys(("connect", "read", "write"), time.monotonic() + 20)
    return transport.handle_request(httpx.Request("GET", server.url, extensions={"timeout": instants}))


def test_who_asks_one_thing_after_the_other_needs_one_connection(make_transport: MakeTransport) -> None:
    with ScriptedServer(ANSWER) as server:
        transport = make_transport()
        assert [ask(transport, server).read() for _ in range(4)] == [b"x" * 10] * 4
        assert server.connections == 1


def test_answers_that_are_read_at_the_same_time_have_a_connection_each_which_is_used_again(
    make_transport: MakeTransport,
) -> None:
    with ScriptedServer(ANSWER) as server:
        transport = make_transport()
        for _ in range(3):
            answers = [ask(transport, server) for _ in range(3)]
            assert [answer.read() for answer in answers] == [b"x" * 10] * 3
        assert server.connections == 3


def test_a_connection_that_nobody_used_for_long_is_not_used_again(make_transport: MakeTransport) -> None:
    with ScriptedServer(ANSWER) as server:
        transport = make_transport(keepalive_seconds=-1.0)
        for _ in range(3):
            ask(transport, server).read()
        assert server.connections == 3


def test_an_answer_that_is_given_up_ends_its_connection(make_transport: MakeTransport) -> None:
    with ScriptedServer(ANSWER) as server:
        transport = make_transport()
        ask(transport, server).close()
        ask(transport, server).read()
        assert server.connections == 2


def test_a_failed_request_leaves_nothing_behind(make_transport: MakeTransport) -> None:
    with ScriptedServer(Raw(lambda connection: connection.sendall(b"what?\r\n\r\n")), ANSWER) as server:
        transport = make_transport()
        with pytest.raises(httpx.ProtocolError):
            ask(transport, server)
        assert ask(transport, server).read() == b"x" * 10
        assert server.connections == 2


def test_closing_ends_answers_that_are_being_read(make_transport: MakeTransport) -> None:
    with ScriptedServer(http("x" * 5_000_000)) as server:
        transport = make_transport()
        answer = ask(transport, server)
        transport.close()
        with pytest.raises(httpx.TransportError):
            answer.read()


def test_no_connection_is_kept_once_all_were_closed(make_transport: MakeTransport) -> None:
    with ScriptedServer(ANSWER) as server:
        transport = make_transport()
        transport.close()
        for _ in range(2):
            ask(transport, server).read()
        assert server.connections == 2
