"""
Serves the metrics of many sites, fresh at every scrape: ``python -m tests.bench.exporter FORM SITES``.

FORM is ``gauges`` (what the benches' own rules read) or ``shipped`` (the counters and histograms that the rules in
``rules/`` read). The first line of the output is the address. One site in a hundred breaches everything.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.bench.tick_world import KPIS, Load

_A_SECOND = 40
"""Events of every kind at every site; 25 s of them are more than any rule's least volume."""
_BUCKETS = {
    "wms_order_to_ship_seconds": (3600, 14400, 28800, 43200),
    "wms_integration_request_duration_seconds": (0.1, 0.5, 1.5, 3),
}
"""The last bucket but one ends at the limit of the rule, so that a site breaches by its share in the last one."""
_SLOW = 0.2
_FAILED = 0.2
_LEAST, _MOST = 0.001, 0.015


def gauges(load: Load, now: float) -> Iterator[str]:
    """Write every KPI's value and volume as they are now."""
    chance = random.Random(int(now))
    for kpi in range(KPIS):
        for place, site in enumerate(load.names()):
            value = chance.uniform(0.001, 0.03) + (0.2 if place % 100 == 0 else 0)
            yield f'kpi{kpi}{{site="{site}"}} {value!r}\n'
            yield f'volume{kpi}{{site="{site}"}} {chance.randrange(200, 900)}\n'


def shipped(load: Load, now: float, since: float) -> Iterator[str]:
    """Write what the sites have counted since *since*: each goes wrong at a rate of its own, one in a hundred often."""
    for place, site in enumerate(load.names()):
        of = f'site="{site}"'
        share = _FAILED if place % 100 == 0 else _LEAST + (_MOST - _LEAST) * (place % 97) / 97
        total = int((now - since) * (_A_SECOND + place % 7)) + place
        failed = int(total * share)
        yield f"wms_orders_total{{{of}}} {total}\nwms_order_exceptions_total{{{of}}} {failed}\n"
        for name, label, good, bad in (
            ("wms_carrier_labels_total", "outcome", "ok", "failed"),
            ("wms_integration_requests_total", "code", "200", "503"),
        ):
            yield f'{name}{{{of},{label}="{good}"}} {total - failed}\n{name}{{{of},{label}="{bad}"}} {failed}\n'
        slow = int(total * (_SLOW if place % 100 == 0 else share))
        for name, bounds in _BUCKETS.items():
            counts = [total // 3, total // 2, total - slow, total]
            for bound, count in zip(bounds, counts, strict=True):
                yield f'{name}_bucket{{{of},le="{bound}"}} {count}\n'
            yield f'{name}_bucket{{{of},le="+Inf"}} {total}\n{name}_count{{{of}}} {total}\n'


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of servers that were frozen while they scraped."""


class _Page(BaseHTTPRequestHandler):
    write: Callable[[float], Iterator[str]]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a scrape."""
        body = "".join(type(self).write(time.time())).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main(form: str, sites: int) -> None:
    """Serve until somebody ends it."""
    load, since = Load(sites, guarded=True), time.time()
    write = staticmethod(lambda now: gauges(load, now) if form == "gauges" else shipped(load, now, since))
    server = _Server(("127.0.0.1", 0), type("_BoundPage", (_Page,), {"write": write}))
    print(f"127.0.0.1:{server.server_address[1]}", flush=True)  # noqa: T201 – how the bench learns the address
    threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
