"""The world outside as programs of their own: a Prometheus that computes its data, and the emulated Slack."""

from __future__ import annotations

import json
import math
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from stopwatch.app.signals import signals
from stopwatch.demo.slack import Pace, SlackEmulator
from tests.stories.crash_data import LATE, SITES, channel, value

TOKEN, APP_TOKEN = "xoxb-crash", "xapp-crash"
TRACKS = 3
REJECTED = {"status": "error", "errorType": "bad_data", "error": "the recording rule is not there yet"}


class Prometheus(ThreadingHTTPServer):
    """Answers range queries at once. A track begins with `/control/<track>?origin=…&refuse=…`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.origins: dict[str, int] = {}
        self.refusals: dict[str, int] = {}

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that were killed."""


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Prometheus

    def do_GET(self) -> None:
        """Begin a track: its data count from *origin*, and so many queries for the late KPI are refused first."""
        path = urlsplit(self.path)
        if not path.path.startswith("/control/"):
            self._answer(404, {})
            return
        asked = parse_qs(path.query)
        track = path.path.rpartition("/")[2]
        self.server.origins[track] = int(asked["origin"][0])
        self.server.refusals[track] = int(asked["refuse"][0])
        self._answer(200, {})

    def do_POST(self) -> None:
        """Answer a range query."""
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        track, query = self.path.split("/")[1], form["query"][0]
        if query == LATE and self.server.refusals[track] > 0:
            self.server.refusals[track] -= 1
            self._answer(400, REJECTED)
            return
        begin, end = (float(form[name][0]) for name in ("start", "end"))
        step = int(float(form["step"][0].removesuffix("s")))
        instants = range(math.ceil(begin), math.floor(end) + 1, step)
        origin = self.server.origins[track]
        series = [
            {
                "metric": {"site": site},
                "values": [
                    [instant, str(number)]
                    for instant in instants
                    if not math.isnan(number := value(query, site, instant - origin))
                ],
            }
            for site in SITES
        ]
        self._answer(200, {"status": "success", "data": {"resultType": "matrix", "result": series}})

    def _answer(self, status: int, body: object) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 – the name that http.server gives it
        """Say nothing."""


def main(which: str) -> None:
    """Serve until SIGTERM; the first line of the output is the address."""
    with signals(lambda: None) as wait:
        if which == "slack":
            channels = {channel(track, site): f"{site}-{track}" for track in range(TRACKS) for site in SITES}
            pace = Pace(per_second=0, tiers=False)
            with SlackEmulator(tokens=[TOKEN, APP_TOKEN], channels=channels, pace=pace) as slack:
                print(slack.page_url, flush=True)  # noqa: T201 – how the test learns the address
                wait()
            return
        server = Prometheus()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)  # noqa: T201 – as above
        wait()


if __name__ == "__main__":
    main(sys.argv[1])
