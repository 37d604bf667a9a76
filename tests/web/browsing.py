"""The pages on a real server, with what stands behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from stopwatch.web.application import build_app
from stopwatch.web.server import WebServer
from stopwatch.web.tokens import Keyring
from tests.web.estate import EstateBoard, EstateRecords, FakeEstate
from tests.web.health import FakeHealth
from tests.web.world import LIVE, SECRETS, TOKENS, FakeActs

PAGE = f"/decisions/{LIVE}"


@dataclass
class PageSite:
    """A served application, a browser without pages for it, and what stands behind it."""

    client: httpx.Client
    acts: FakeActs
    estate: FakeEstate
    records: EstateRecords
    board: EstateBoard
    address: str

    def fresh(self) -> PageSite:
        """Undo what an earlier test spoiled or did."""
        self.client.cookies.clear()
        for each in (self.acts, self.records):
            each.__init__()  # type: ignore[misc] # a dataclass set back to its defaults
        for sized in (self.estate, self.board):
            sized.__init__(sized.sites)  # type: ignore[misc] # as above
        return self

    def sign_in(self, name: str) -> None:
        answer = self.client.post("/login", data={"token": SECRETS[name], "next": PAGE})
        assert (answer.status_code, answer.headers["location"]) == (303, PAGE)

    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.client.get(PAGE).text)
        assert found is not None
        return found.group(1)


def serve(*, tokens: bool, sites: int = 6) -> Iterator[PageSite]:
    acts, estate, records, board = FakeActs(), FakeEstate(sites), EstateRecords(), EstateBoard(sites)
    keyring = Keyring(TOKENS if tokens else ())
    app = build_app(board, records, FakeHealth(), acts, version="1", keyring=keyring, estate=estate)
    server = WebServer(app, host="127.0.0.1", port=0)
    server.start()
    try:
        with httpx.Client(base_url=server.address, timeout=20, trust_env=False) as client:
            yield PageSite(client, acts, estate, records, board, server.address)
    finally:
        server.stop()
