"""The sites in real time: a thread keeps them living, a loopback port exports them and takes faults."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from stopwatch.demo.sites.exposition import exposition
from stopwatch.demo.sites.faults import Fault, FaultKind, fault_from
from stopwatch.demo.sites.journal import Journal
from stopwatch.demo.sites.server import SitesServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stopwatch.demo.sites.estate import Estate

_LONGEST_STEP_SECONDS = 1.0
_MOST_STEPS_AT_ONCE = 600  # after a suspended laptop wakes up the steps grow instead of the pause before an answer


class Simulator:
    """
    A live estate behind ``http://127.0.0.1:<port>``.

    ``GET /metrics``; ``GET /control/fault`` lists, ``POST`` injects ``{site, kind, strength?, seconds?}``,
    ``DELETE /control/fault[?site=&kind=]`` clears; ``GET /logs[?site=<label>&from=<ms>&to=<ms>]`` tells what happened,
    ``GET /runbook/<rule>`` what to do about it; ``GET /-/healthy``.
    """

    def __init__(
        self,
        estate: Estate,
        *,
        clock: Callable[[], float] = time.time,
        tick_seconds: float = 0.5,
        port: int = 0,
    ) -> None:
        """Bind the port (0: a free one) and go on from where *estate* stands when entered."""
        self._estate, self._clock, self._tick = estate, clock, tick_seconds
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._journal = Journal()
        self._labels = {warehouse.site.id: warehouse.site.label for warehouse in estate.warehouses}
        self._thread = threading.Thread(target=self._live, name="sites", daemon=True)
        self._server = SitesServer(self, port=port)

    @property
    def address(self) -> str:
        """``host:port`` for a scrape configuration."""
        return self._server.address

    @property
    def url(self) -> str:
        """The base address for people and for control."""
        return f"http://{self.address}"

    def __enter__(self) -> Self:
        """Start living and answering."""
        self._thread.start()
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop both, and wait for them."""
        self._stop.set()
        self._server.stop()
        self._thread.join()

    def metrics(self) -> bytes:
        """Write the metrics page of this instant."""
        with self._lock:
            self._catch_up()
            return exposition(self._estate.exporting())

    def inject(self, wish: Mapping[str, object]) -> Fault:
        """
        Switch a fault on now.

        Raises:
            FaultRefusedError: The wish makes no sense.

        """
        with self._lock:
            self._catch_up()
            fault = fault_from(wish, sites=self._estate.site_ids, now=self._estate.now)
            self._estate.faults.inject(fault)
            self._journal.began(fault, label=self._labels[fault.site], at=self._estate.now)
            return fault

    def clear(self, *, site: str | None = None, kind: FaultKind | None = None) -> int:
        """Switch faults off now; returns how many."""
        with self._lock:
            self._catch_up()
            for fault in self._estate.faults.active(now=self._estate.now):
                if site in {None, fault.site} and kind in {None, fault.kind}:
                    self._journal.cleared(fault, label=self._labels[fault.site], at=self._estate.now)
            return self._estate.faults.clear(site=site, kind=kind)

    def faults(self) -> tuple[Fault, ...]:
        """List the faults that are on."""
        with self._lock:
            self._catch_up()
            return self._estate.faults.active(now=self._estate.now)

    def log(self, *, label: str | None = None, begin: float | None = None, end: float | None = None) -> str:
        """Write what happened at the site with this *label* (None: at all) between two Unix times."""
        with self._lock:
            return self._journal.page(label=label, begin=begin, end=end)

    def _catch_up(self) -> None:
        now = self._clock()
        step = max(_LONGEST_STEP_SECONDS, (now - self._estate.now) / _MOST_STEPS_AT_ONCE)
        self._estate.advance(now, longest_step=step)

    def _live(self) -> None:
        while not self._stop.wait(self._tick):
            with self._lock:
                self._catch_up()
