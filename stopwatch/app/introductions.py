"""What sources say of themselves: their time before the first slot is judged, their version for the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from stopwatch.core.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.app.clock import Clock
    from stopwatch.prometheus.client import PrometheusSource

log = structlog.get_logger()

ASKED_AGAIN_SECONDS = 300.0


class Introductions:
    """Asks each source, and remembers which has answered; called from the scheduler's threads."""

    def __init__(self, clock: Clock) -> None:
        """Tell *clock* what sources say of theirs."""
        self._clock = clock
        self._ask_again: dict[str, float] = {}
        self._timeless: set[str] = set()

    def time(self, source: PrometheusSource) -> None:
        """
        Ask a source for its time, unless some source has told its own.

        A wrong local clock would put the first slots elsewhere, and what is judged is never judged again.
        """
        if self._clock.told or source.name in self._timeless:
            return
        began = self._clock.mark()
        try:
            skew = source.clock_skew()
        except SourceError as error:
            log.debug("source.time_unknown", source=source.name, detail=str(error))
            return
        if skew is None:
            self._timeless.add(source.name)
        else:
            self._clock.observe(skew, since=began)

    def unversioned(self, sources: Iterable[PrometheusSource]) -> list[PrometheusSource]:
        """Return the sources that have not told their version and may be asked for it, again or at first."""
        now = self._clock.monotonic()
        return [
            source
            for source in sources
            if source.origin.version is None and now >= self._ask_again.get(source.name, 0.0)
        ]

    def versions(self, sources: Iterable[PrometheusSource]) -> None:
        """Ask sources that have not told their version yet, each at most once in `ASKED_AGAIN_SECONDS`."""
        for source in self.unversioned(sources):
            self._ask_again[source.name] = self._clock.monotonic() + ASKED_AGAIN_SECONDS
            try:
                source.build_info()
            except SourceError as error:
                log.debug("source.version_unknown", source=source.name, detail=str(error))
