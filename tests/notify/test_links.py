"""Whether a link leads anywhere is told by a short request that goes nowhere private unless allowed."""

import pytest

from stopwatch.notify.links import LinkAsker
from tests.prometheus.scripted import Raw, ScriptedServer, http

ANSWERS = [
    pytest.param(http("", 200), None, id="200"),
    pytest.param(http("", 302, "Location: http://elsewhere.example/"), None, id="a redirect, which is not followed"),
    pytest.param(http("", 401), None, id="asks for a login"),
    pytest.param(http("", 404), "missing", id="404"),
    pytest.param(http("", 410), "missing", id="410"),
    pytest.param(http("", 503), "broken", id="503"),
    pytest.param(b"nonsense\r\n\r\n", "unreachable", id="no HTTP"),
    pytest.param(Raw(lambda connection: connection.close()), "unreachable", id="closed"),
]


@pytest.mark.parametrize(("answer", "code"), ANSWERS)
def test_what_an_answer_means(answer: bytes | Raw, code: str | None) -> None:
    with ScriptedServer(answer) as server:
        trouble = LinkAsker(private=True)([server.url])[server.url]
    assert (trouble.code if trouble else None) == code


@pytest.mark.parametrize(("status", "code"), [(200, None), (404, "missing"), (405, None)])
def test_where_head_is_not_known_get_decides(status: int, code: str | None) -> None:
    with ScriptedServer(http("", 405), http("", status)) as server:
        trouble = LinkAsker(private=True)([server.url])[server.url]
    assert [seen.method for seen in server.seen] == ["HEAD", "GET"]
    assert (trouble.code if trouble else None) == code


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_private_hosts_are_not_asked(host: str) -> None:
    with ScriptedServer(http("")) as server:
        url = f"http://{host}:{server.port}/"
        trouble = LinkAsker(private=False)([url])[url]
    assert trouble is not None
    assert trouble.code == "private"
    assert server.seen == []


@pytest.mark.parametrize("url", ["ftp://example.org/", "https://", "http://[", "nothing", "http://a b/"])
def test_what_is_no_web_address_is_said(url: str) -> None:
    trouble = LinkAsker(private=True)([url])[url]
    assert trouble is not None
    assert trouble.code in {"invalid", "unreachable"}


def test_a_host_that_never_answers_is_not_waited_for() -> None:
    with ScriptedServer(Raw(lambda connection: _swallow(connection.recv))) as server:
        trouble = LinkAsker(private=True, timeout_seconds=0.2)([server.url])[server.url]
    assert trouble is not None
    assert trouble.code == "slow"


def _swallow(receive: object) -> None:
    """Read until the other side gives up."""
    assert callable(receive)
    while receive(1000):
        pass


def test_the_request_names_its_host_and_no_user() -> None:
    with ScriptedServer(http("")) as server:
        url = f"http://user:secret@localhost:{server.port}/d?x=1"
        assert LinkAsker(private=True)([url])[url] is None
    assert server.seen[0].headers["host"] == f"localhost:{server.port}"
    assert server.seen[0].path == "/d?x=1"
    assert "authorization" not in server.seen[0].headers
