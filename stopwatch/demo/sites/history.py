"""Hours of history as OpenMetrics text, made by the same model that then goes on living."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING

from stopwatch.demo.sites.exposition import bucket_names
from stopwatch.demo.sites.ledger import METRICS, Metric

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stopwatch.demo.sites.estate import Estate
    from stopwatch.demo.sites.ledger import Buckets


def write_history(
    estate: Estate,
    path: Path,
    *,
    until: float,
    resolution_seconds: float,
    target_labels: Mapping[str, str],
    progress: Callable[[float], None] | None = None,
) -> int:
    """
    Let *estate* live until the Unix time *until* and write a sample of every series each *resolution_seconds*.

    The file suits ``promtool tsdb create-blocks-from openmetrics``. *target_labels* are those the scrape will add
    (``job``, ``instance``), so that scraped samples continue the very same series. Memory stays flat: each series is
    spooled to its own temporary file, because OpenMetrics wants them one after the other while time makes them side by
    side. *progress* is told the share done, 0..1, about a hundred times.

    Returns:
        The number of samples written.

    """
    begin, steps = estate.now, int((until - estate.now) / resolution_seconds)
    report_every = max(1, steps // 100)
    with TemporaryDirectory(prefix=path.name + ".", dir=path.parent) as folder:
        spools = _Spools(Path(folder), target_labels)
        for step in range(1, steps + 1):
            estate.advance(begin + step * resolution_seconds, longest_step=resolution_seconds)
            spools.sample(estate)
            if progress is not None and step % report_every == 0:
                progress(step / steps)
        spools.join(path)
    estate.advance(until)
    return spools.samples


class _Spools:
    """One temporary file for each series, in the order in which the series appeared."""

    def __init__(self, folder: Path, target_labels: Mapping[str, str]) -> None:
        self._folder, self._target_labels = folder, dict(target_labels)
        self._open: dict[tuple[Metric, tuple[str, ...]], tuple[IO[str], list[str]]] = {}
        self.samples = 0

    def sample(self, estate: Estate) -> None:
        stamp = f" {estate.now:.3f}\n"
        for warehouse in estate.exporting():
            site = warehouse.site.label
            for (metric, labels), value in warehouse.ledger.counters.items():
                spool, starts = self._spool(metric, (site, *labels))
                spool.write(f"{starts[0]}{value}{stamp}")
                self.samples += 1
            for (metric, labels), series in warehouse.ledger.histograms.items():
                spool, starts = self._spool(metric, (site, *labels))
                values = _histogram_values(series)
                spool.writelines(f"{start}{value}{stamp}" for start, value in zip(starts, values, strict=True))
                self.samples += len(starts)

    def _spool(self, metric: Metric, values: tuple[str, ...]) -> tuple[IO[str], list[str]]:
        found = self._open.get((metric, values))
        if found is None:
            names = ("site", *metric.labels)
            pairs = {**self._target_labels, **dict(zip(names, values, strict=True))}
            spool = (self._folder / str(len(self._open))).open("w+", encoding="utf-8")
            found = self._open[metric, values] = (spool, _line_starts(metric, pairs))
        return found

    def join(self, path: Path) -> None:
        with path.open("w", encoding="utf-8") as target:
            for metric in METRICS:
                kind = "histogram" if metric.bounds else "counter"
                target.write(f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {kind}\n")
                for (of, _), (spool, _) in self._open.items():
                    if of is metric:
                        spool.seek(0)
                        shutil.copyfileobj(spool, target)
            target.write("# EOF\n")
        for spool, _ in self._open.values():
            spool.close()


def _line_starts(metric: Metric, labels: Mapping[str, str]) -> list[str]:
    inner = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    if not metric.bounds:
        return [f"{metric.name}_total{{{inner}}} "]
    buckets = [f'{metric.name}_bucket{{{inner},le="{bound}"}} ' for bound in bucket_names(metric)]
    return [*buckets, f"{metric.name}_count{{{inner}}} ", f"{metric.name}_sum{{{inner}}} "]


def _histogram_values(series: Buckets) -> list[float]:
    cumulative = series.cumulative()
    return [*cumulative, cumulative[-1], series.sum]


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
