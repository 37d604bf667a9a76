"""The server against clients that do not behave, over real sockets."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx
import pytest

from stopwatch.core.errors import ConfigurationError
from stopwatch.web import protocol
from stopwatch.web.application import build_app
from stopwatch.web.server import WebServer
from tests.web.conftest import Served
from tests.web.health import FakeHealth
from tests.web.world import SECRETS, FakeActs, FakeBoard, FakeRecords

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def half_open(
    port: int, count: int, sent: bytes = b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: "
) -> Iterator[list[socket.socket]]:
    """Open *count* connections that never finish their headers."""
    with contextlib.ExitStack() as stack:
        sockets = []
        for _ in range(count):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            with contextlib.suppress(ConnectionError):
                one.sendall(sent)
            sockets.append(one)
        yield sockets


def received(one: socket.socket) -> bytes:
    """What comes next; nothing once the other side has closed, in whatever manner."""
    try:
        return one.recv(65536)
    except ConnectionError:
        return b""


def everything(one: socket.socket) -> bytes:
    """All that comes until the other side closes."""
    return b"".join(iter(lambda: received(one), b""))


def closed(one: socket.socket) -> bool:
    """Wait until the other side closes; True once it has."""
    return received(one) == b""


def test_every_answer_carries_the_date_of_its_request(opened: Served) -> None:
    dates = []
    with httpx.Client(base_url=opened.server.address, trust_env=False, timeout=10) as client:
        for _ in range(2):
            headers = client.get("/-/healthy").headers
            assert len(headers.get_list("date")) == 1
            dates.append(parsedate_to_datetime(headers["date"]))
            time.sleep(1.1)
    assert dates[0] < dates[1], "also on a connection that stays open"


def test_metrics_answer_through_500_half_open_connections(opened: Served) -> None:
    with half_open(opened.server.port, 500) as crowd:
        for _ in range(5):
            answer = httpx.get(f"{opened.server.address}/metrics", trust_env=False, timeout=10)
            assert answer.status_code == 200
        assert all(closed(one) for one in crowd[:300])


def test_the_oldest_half_open_connection_makes_room(opened: Served) -> None:
    with half_open(opened.server.port, 1) as first, half_open(opened.server.port, protocol.MOST_CONNECTIONS):
        assert closed(first[0])


def test_bodies_that_never_come_keep_nobody_out(guarded: Served) -> None:
    token = SECRETS["actor"].encode()
    owing = b"POST /api/v1/pauses HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token
    owing += b"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    with half_open(guarded.server.port, 2 * protocol.MOST_CONNECTIONS, owing):
        answer = httpx.get(f"{guarded.server.address}/metrics", trust_env=False, timeout=10)
        assert answer.status_code == 200
    assert guarded.acts.asked == []


def test_a_connection_that_makes_no_progress_is_closed(opened: Served) -> None:
    whole = b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"
    started = {
        "nothing sent": b"",
        "headers unfinished": b"GET / HTTP/1.1\r\nHost:",
        "idle after an answer": whole,
        "second request unfinished": whole + b"GET / HT",
    }
    with contextlib.ExitStack() as stack:
        waiting = {
            name: stack.enter_context(half_open(opened.server.port, 1, sent))[0] for name, sent in started.items()
        }
        answers = {name: everything(one) for name, one in waiting.items()}
    assert {name: answer[:12] for name, answer in answers.items()} == {
        "nothing sent": b"",
        "headers unfinished": b"",
        "idle after an answer": b"HTTP/1.1 200",
        "second request unfinished": b"HTTP/1.1 200",
    }


def test_a_drip_of_bytes_does_not_prolong_the_headers(opened: Served) -> None:
    dripped = 0
    with socket.create_connection(("127.0.0.1", opened.server.port), timeout=0.5) as one:
        one.sendall(b"GET /metrics HTTP/1.1\r\nX-Drip: ")
        with contextlib.suppress(ConnectionError):
            while dripped < 60:
                with contextlib.suppress(TimeoutError):
                    if one.recv(1) == b"":
                        break
                one.sendall(b"x")
                dripped += 1
    assert dripped < 60


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", id="TLS"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length: -5\r\nHost: x\r\n\r\n", id="negative length"),
        pytest.param(b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\nHost: x\r\n\r\n", id="two lengths"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"X: " + b"a" * 70_000 + b"\r\n\r\n", id="headers too large"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="no host"),
    ],
)
def test_what_is_no_http_is_refused_and_the_server_goes_on(opened: Served, sent: bytes) -> None:
    with (
        socket.create_connection(("127.0.0.1", opened.server.port), timeout=10) as one,
        contextlib.suppress(ConnectionError),
    ):
        one.sendall(sent)
        assert one.recv(65536).startswith(b"HTTP/1.1 400")
    assert opened.client.get("/-/healthy").status_code == 200


def test_a_connection_is_kept_between_requests(opened: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", opened.server.port, timeout=10)
    with contextlib.closing(connection):
        for _ in range(3):
            connection.request("GET", "/-/healthy")
            assert connection.getresponse().read() == b'{"live":true}'
        assert connection.sock is not None


def test_a_server_stops_although_clients_hold_on_and_gives_its_port_back() -> None:
    app = build_app(FakeBoard(), FakeRecords(), FakeHealth(), FakeActs(), version="1")
    server = WebServer(app, host="127.0.0.1", port=0)
    server.start()
    with half_open(server.port, 3) as held:
        server.stop()
        assert all(closed(one) for one in held)
    assert not server.alive
    again = WebServer(app, host="127.0.0.1", port=server.port)
    again.start()
    try:
        assert httpx.get(f"{again.address}/-/healthy", trust_env=False, timeout=60).status_code == 200
    finally:
        again.stop()


def test_connections_that_are_accepted_while_a_server_stops_are_closed_too() -> None:
    app = build_app(FakeBoard(), FakeRecords(), FakeHealth(), FakeActs(), version="1")
    for count in range(1, 21):
        server = WebServer(app, host="127.0.0.1", port=0)
        server.start()
        with half_open(server.port, count, sent=b"") as held:
            server.stop()
            assert all(closed(one) for one in held)


def test_a_server_that_never_started_can_be_stopped() -> None:
    server = WebServer(
        build_app(FakeBoard(), FakeRecords(), FakeHealth(), FakeActs(), version="1"), host="127.0.0.1", port=0
    )
    server.stop()
    assert not server.alive


def test_an_address_in_use_is_said_as_a_matter_of_configuration(opened: Served) -> None:
    app = build_app(FakeBoard(), FakeRecords(), FakeHealth(), FakeActs(), version="1")
    with pytest.raises(ConfigurationError, match=r"Address already in use; .* STOPWATCH_LISTEN"):
        WebServer(app, host="127.0.0.1", port=opened.server.port)


def test_many_clients_at_once_are_all_answered(opened: Served) -> None:
    statuses: list[int] = []

    def ask() -> None:
        with httpx.Client(base_url=opened.server.address, timeout=20, trust_env=False) as client:
            statuses.extend(client.get("/api/v1/status").status_code for _ in range(5))

    threads = [threading.Thread(target=ask) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert statuses == [200] * 150
