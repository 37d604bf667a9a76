"""The loopback port of the simulated sites: metrics, log and runbook out, faults in."""

from __future__ import annotations

import json
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qs, urlsplit

from prometheus_client import CONTENT_TYPE_LATEST

from stopwatch.demo.sites.faults import Fault, FaultKind, FaultRefusedError
from stopwatch.demo.sites.runbook import section

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_BODY = 64 * 1024
_MOST_DIGITS = 10
_JSON = "application/json"
_TEXT = "text/plain; charset=utf-8"


class Controlled(Protocol):
    """What the port speaks for."""

    def metrics(self) -> bytes:
        """Write the metrics page."""

    def inject(self, wish: Mapping[str, object]) -> Fault:
        """Switch a fault on."""

    def clear(self, *, site: str | None = None, kind: FaultKind | None = None) -> int:
        """Switch faults off."""

    def faults(self) -> tuple[Fault, ...]:
        """List the faults that are on."""

    def log(self, *, label: str | None, begin: float | None, end: float | None) -> str:
        """Write what happened at a site between two Unix times."""


class SitesServer:
    """An HTTP server on loopback in its own thread."""

    def __init__(self, sites: Controlled, *, port: int) -> None:
        """Bind the port; 0 takes a free one."""
        exchange = type("_BoundExchange", (_Exchange,), {"sites": sites})
        self._http = ThreadingHTTPServer(("127.0.0.1", port), exchange)
        self._http.daemon_threads = True
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, name="sites-http", daemon=True
        )
        host, bound = self._http.server_address[:2]
        self.address = f"{host!s}:{bound}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and give the port back."""
        if self._thread.is_alive():
            self._http.shutdown()
            self._thread.join()
        self._http.server_close()


class _Exchange(BaseHTTPRequestHandler):
    """One connection; idle ones are dropped after five seconds, so that half-open ones cannot pile up."""

    sites: Controlled
    timeout = 5
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == "/metrics":
            self._answer(HTTPStatus.OK, self.sites.metrics(), kind=CONTENT_TYPE_LATEST)
        elif path == "/logs":
            self._answer_log(parse_qs(urlsplit(self.path).query))
        elif path.startswith("/runbook/") and (words := section(path.removeprefix("/runbook/"))):
            self._answer(HTTPStatus.OK, words.encode(), kind=_TEXT)
        elif path == "/control/fault":
            self._answer_json(HTTPStatus.OK, {"faults": [_shown(fault) for fault in self.sites.faults()]})
        elif path == "/-/healthy":
            self._answer_json(HTTPStatus.OK, {"healthy": True})
        else:
            self._answer_json(HTTPStatus.NOT_FOUND, {"error": f"no page {path}"})

    def do_POST(self) -> None:
        if urlsplit(self.path).path != "/control/fault":
            self._answer_json(HTTPStatus.NOT_FOUND, {"error": "faults are posted to /control/fault"})
            return
        try:
            fault = self.sites.inject(self._body())
        except FaultRefusedError as refused:
            self._answer_json(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": str(refused)})
        else:
            self._answer_json(HTTPStatus.CREATED, _shown(fault))

    def do_DELETE(self) -> None:
        target = urlsplit(self.path)
        if target.path != "/control/fault":
            self._answer_json(HTTPStatus.NOT_FOUND, {"error": "faults are cleared at /control/fault"})
            return
        asked = parse_qs(target.query)
        try:
            kind = FaultKind(asked["kind"][0]) if "kind" in asked else None
        except ValueError:
            self._answer_json(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": f"unknown kind {asked['kind'][0]!r}"})
            return
        cleared = self.sites.clear(site=asked["site"][0] if "site" in asked else None, kind=kind)
        self._answer_json(HTTPStatus.OK, {"cleared": cleared})

    def _answer_log(self, asked: Mapping[str, list[str]]) -> None:
        """Answer with the log of ``site`` (a label) between ``from`` and ``to`` (Unix milliseconds), all optional."""
        try:
            begin, end = (float(asked[edge][0]) / 1000 if edge in asked else None for edge in ("from", "to"))
        except ValueError:
            self._answer_json(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": "from and to are Unix milliseconds"})
            return
        words = self.sites.log(label=asked["site"][0] if "site" in asked else None, begin=begin, end=end)
        self._answer(HTTPStatus.OK, words.encode(), kind=_TEXT)

    def _body(self) -> Mapping[str, object]:
        length = self.headers.get("Content-Length", "")
        given = int(length) if length.isascii() and length.isdigit() and len(length) < _MOST_DIGITS else -1
        body = self.rfile.read(min(max(0, given), _LONGEST_BODY + 1))
        if not 0 <= given <= _LONGEST_BODY:
            raise FaultRefusedError(f"a JSON body of at most {_LONGEST_BODY} bytes is needed")
        try:
            wish = json.loads(body)
        except (ValueError, RecursionError) as broken:
            raise FaultRefusedError("the body is not JSON") from broken
        if not isinstance(wish, dict):
            raise FaultRefusedError("the body must be a JSON object {site, kind, strength?, seconds?}")
        return wish

    def _answer_json(self, status: HTTPStatus, answer: object) -> None:
        self._answer(status, json.dumps(answer).encode(), kind=_JSON)

    def _answer(self, status: HTTPStatus, body: bytes, *, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.command != "GET" or "Content-Length" in self.headers or "Transfer-Encoding" in self.headers:
            # What is left unread of a body must not be taken for the next request.
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet: a scrape a second is no news."""


def _shown(fault: Fault) -> dict[str, object]:
    return {"site": fault.site, "kind": fault.kind, "strength": fault.strength, "until": fault.until}
