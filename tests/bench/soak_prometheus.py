"""A Prometheus over real HTTP whose data and faults follow from the simulated minute alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from urllib.parse import parse_qs

SITES, KPIS = 200, 5
MINUTE, DAY = 60, 1440
CALM, HIGH = 0.01, 0.09
BREACH_MINUTES, EVERY_MINUTES = 40, 10 * DAY
"""Each KPI of each site is over its limit for so long, once in so long: about a hundred breaches a day altogether."""
FAULTS = {
    range(120, 180): "503",
    range(300, 310): "malformed",
    range(420, 430): "partial",
    range(540, 550): "dropped",
    range(660, 670): "rejected",
}
"""What goes wrong at which minutes of every day."""


def names() -> list[str]:
    """Return every site's id, which is also its label."""
    return [f"site-{site:03}" for site in range(SITES)]


def value(site: int, kpi: int, minute: int) -> float | None:
    """Return the value at a minute since the epoch; None at a few sites for a quarter of an hour every other hour."""
    if minute % 120 < 15 and (minute // 120 + site) % 50 == 0:
        return None
    over = (minute + 71 * site + 2903 * kpi) % EVERY_MINUTES < BREACH_MINUTES
    return (HIGH if over else CALM) + (minute + site) % 7 / 1000


def fault(minute: int) -> str:
    """Return what goes wrong at a minute since the epoch, empty if nothing does."""
    return next((name for minutes, name in FAULTS.items() if minute % DAY in minutes), "")


def serve(told: Connection) -> None:
    """Serve on a free loopback port, which is *told*, until the process is ended."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Request)
    server.daemon_threads = True
    told.send(server.server_address[1])
    server.serve_forever()


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in two packets would wait for the acknowledgement of the first

    def do_GET(self) -> None:
        """Tell the version."""
        self._answer(200, {"status": "success", "data": {"version": "2.42.0"}})

    def do_POST(self) -> None:
        """Answer a range query, or fail as the newest minute asked for demands."""
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        begin, end = (int(float(form[name][0])) // MINUTE for name in ("start", "end"))
        asked = range(begin, end + 1, int(float(form["step"][0].removesuffix("s"))) // MINUTE)
        wrong = fault(end)
        if wrong == "dropped":
            self.close_connection = True
            return
        if wrong in {"503", "rejected"}:
            self._answer(503 if wrong == "503" else 400, {"status": "error", "errorType": "x", "error": wrong})
            return
        kpi = int(form["query"][0].rpartition("kpi")[2][0])
        found = [
            {"metric": {"site": name}, "values": values}
            for site, name in enumerate(names())
            if (values := self._values(site, kpi, asked))
        ]
        partial = {"warnings": ["a store did not answer"]} if wrong == "partial" else {}
        answer = {"status": "success", "data": {"resultType": "matrix", "result": found}, **partial}
        self._answer(200, answer, broken=wrong == "malformed")

    @staticmethod
    def _values(site: int, kpi: int, asked: range) -> list[tuple[int, str]]:
        seen = ((minute, value(site, kpi, minute)) for minute in asked)
        return [(minute * MINUTE, str(number)) for minute, number in seen if number is not None]

    def _answer(self, status: int, answer: Mapping[str, object], *, broken: bool = False) -> None:
        body = json.dumps(answer).encode()
        body = body[: len(body) // 2] if broken else body
        self.send_response_only(status)  # without Date: the time here is not the simulated one
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
