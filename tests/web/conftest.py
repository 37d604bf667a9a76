"""Real servers on loopback for the tests of the web room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from stopwatch.web.application import build_app
from stopwatch.web.server import WebServer
from stopwatch.web.tokens import Keyring
from tests.web import browsing
from tests.web.browsing import PageSite
from tests.web.health import FakeHealth
from tests.web.world import TOKENS, FakeActs, FakeBoard, FakeRecords


@dataclass
class Served:
    """A running server, a client for it, and what stands behind it."""

    client: httpx.Client
    server: WebServer
    records: FakeRecords
    health: FakeHealth
    acts: FakeActs
    keyring: Keyring


def echo(headers: object, body: bytes) -> tuple[int, str, bytes]:
    """Answer as an endpoint of another room would."""
    assert isinstance(headers, dict)
    return 202, "text/plain", headers.get("x-signature", "none").encode() + b" " + body


def serve(*, with_tokens: bool) -> Iterator[Served]:
    """Start a server and stop it."""
    records, health, acts = FakeRecords(), FakeHealth(), FakeActs()
    keyring = Keyring(TOKENS if with_tokens else ())
    app = build_app(
        FakeBoard(), records, health, acts, version="1.2.3", keyring=keyring, inbound={"/slack/interactions": echo}
    )
    server = WebServer(app, host="127.0.0.1", port=0)
    server.start()
    try:
        with httpx.Client(base_url=server.address, timeout=10, trust_env=False) as client:
            yield Served(client, server, records, health, acts, keyring)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def _open_server() -> Iterator[Served]:
    yield from serve(with_tokens=False)


@pytest.fixture(scope="module")
def _guarded_server() -> Iterator[Served]:
    yield from serve(with_tokens=True)


def fresh(served: Served) -> Served:
    """Undo what an earlier test spoiled."""
    served.records.__init__()  # type: ignore[misc] # a dataclass set back to its defaults
    served.health.__init__()  # type: ignore[misc] # as above
    served.acts.__init__()  # type: ignore[misc] # as above
    served.keyring.replace(TOKENS if served.keyring.needed else ())
    return served


@pytest.fixture
def opened(_open_server: Served) -> Served:
    """A server without tokens, as on loopback."""
    return fresh(_open_server)


@pytest.fixture
def guarded(_guarded_server: Served) -> Served:
    """A server with a token for each scope."""
    return fresh(_guarded_server)


@pytest.fixture(scope="module")
def _site() -> Iterator[PageSite]:
    yield from browsing.serve(tokens=False)


@pytest.fixture
def site(_site: PageSite) -> PageSite:
    """Pages without tokens, as on loopback."""
    return _site.fresh()
