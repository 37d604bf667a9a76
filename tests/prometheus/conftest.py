"""A source with real clocks and short pauses, and answers as Prometheus writes them."""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Protocol

import orjson
import pytest

from stopwatch.core.grid import Grid, SlotRange
from stopwatch.core.kpi import SiteId
from stopwatch.core.reading import Query
from stopwatch.prometheus.client import PrometheusSource

HAM, LODZ = SiteId("ham-01"), SiteId("lodz")
QUERY = Query('sum by (site) (rate(errors_total{site=~"$sites"}[5m]))', "site", {"HAM": HAM, "LODZ": LODZ})
MINUTES = Grid(timedelta(minutes=1))
FIRST = 29_700_000
"""A slot of the minute grid in the year 2026."""


class MakeSource(Protocol):
    """Builds a source at a URL; it is closed after the test."""

    def __call__(
        self,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        max_bytes: int = ...,
        max_slots: int = ...,
        gzip: bool = ...,
        clock: Callable[[], datetime] = ...,
    ) -> PrometheusSource: ...


@pytest.fixture
def make_source() -> Iterator[MakeSource]:
    with ExitStack() as sources:

        def make(
            url: str,
            *,
            headers: Mapping[str, str] | None = None,
            max_bytes: int = 8 * 1024 * 1024,
            max_slots: int = 10_000,
            gzip: bool = False,
            clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        ) -> PrometheusSource:
            source = PrometheusSource(
                "default",
                url,
                headers=headers,
                monotonic=time.monotonic,
                clock=clock,
                sleep=lambda seconds: time.sleep(min(seconds, 0.01)),
                max_bytes=max_bytes,
                max_slots=max_slots,
                gzip=gzip,
            )
            return sources.enter_context(source)

        yield make


def slots(count: int, first: int = FIRST) -> SlotRange:
    """So many slots of the minute grid."""
    return SlotRange(MINUTES, first, first + count - 1)


def text(value: float) -> str:
    """A value as Prometheus writes it."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return "NaN" if math.isnan(value) else repr(value)


def series(label: str, values: Sequence[float | None], first: int = FIRST, **labels: str) -> dict[str, object]:
    """One series of a matrix; None is no point."""
    points = [[60 * (first + place), text(value)] for place, value in enumerate(values) if value is not None]
    return {"metric": {"site": label, **labels}, "values": points}


def matrix(*found: object, **envelope: object) -> bytes:
    """A successful answer with these series."""
    return orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": found}, **envelope})
