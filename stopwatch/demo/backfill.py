"""From hours of simulated history to a TSDB that ends a moment ago, so that live scrapes continue it without a hole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from stopwatch.demo.prometheus import create_blocks
from stopwatch.demo.sites.estate import Estate
from stopwatch.demo.sites.history import write_history

_CLOSE_ENOUGH_SECONDS = 2.0
_MOST_TAILS = 4
_TAIL_RESOLUTION_SECONDS = 1.0


def backfill(
    estate: Estate,
    storage: Path,
    *,
    clock: Callable[[], float],
    resolution_seconds: float,
    target_labels: Mapping[str, str],
    progress: Callable[[float], None] | None = None,
) -> int:
    """
    Let *estate* live from where it stands until the *clock*'s present and put its samples into *storage* as blocks.

    Hours of history take seconds to make; what the sites live through meanwhile is added as short tails of a sample
    each second, until the history ends within two seconds of the present.

    Returns:
        The number of samples written.

    Raises:
        PrometheusMissingError: promtool is not installed.
        PrometheusStartError: promtool refused the history.

    """
    storage.mkdir(parents=True, exist_ok=True)
    written = _load(estate, storage, clock(), resolution_seconds, target_labels, progress)
    for _ in range(_MOST_TAILS):
        now = clock()
        if now - estate.now <= _CLOSE_ENOUGH_SECONDS:
            break
        written += _load(estate, storage, now, _TAIL_RESOLUTION_SECONDS, target_labels, None)
    return written


def _load(
    estate: Estate,
    storage: Path,
    until: float,
    resolution_seconds: float,
    target_labels: Mapping[str, str],
    progress: Callable[[float], None] | None,
) -> int:
    with TemporaryDirectory(prefix="history.", dir=storage.parent) as folder:
        path = Path(folder) / "history.om"
        written = write_history(
            estate,
            path,
            until=until,
            resolution_seconds=resolution_seconds,
            target_labels=target_labels,
            progress=progress,
        )
        if written:
            create_blocks(path, storage)
    return written
