"""A test's raw series put into a Prometheus of its own, and its KPIs' queries run over them as the daemon runs them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from stopwatch.app.clock import Clock
from stopwatch.core.errors import QueryRejectedError, SeriesAmbiguousError, SourceError, StopwatchError
from stopwatch.core.grid import EPOCH, Grid, SlotRange
from stopwatch.core.reading import Query
from stopwatch.demo.prometheus import PrometheusMissingError, PrometheusServer, PrometheusStartError
from stopwatch.prometheus.client import PrometheusSource
from stopwatch.prometheus.openmetrics import exposition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from stopwatch.config.trial_values import Entry, Inputs, SiteTrial, Trial
    from stopwatch.core.kpi import Kpi, KpiId, SiteId

START = datetime(2020, 1, 1, tzinfo=UTC)
"""The instant of slot 0: a slot of every step, at the beginning of a block, and the same in every run."""
_RETENTION = "100y"
_READ_SECONDS = 60.0


class InputsUnusableError(StopwatchError):
    """
    Queries could not be run over the raw series of a test.

    Attributes:
        code: The complaint's stable name.
        hint: What to do about it.

    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        """Keep *message* for people."""
        super().__init__(message)
        self.code = code
        self.hint = hint


def with_queries_run(trial: Trial, kpis: Mapping[KpiId, Kpi]) -> list[Trial]:
    """
    Return *trial* as one test per step of its rules, with the values that a Prometheus found in its raw series.

    Without raw series it is returned as it is. Prometheus runs on loopback while this is called, in a folder that is
    removed.

    Raises:
        InputsUnusableError: Prometheus is not installed, does not start, or does not answer a query usably.

    """
    if trial.inputs is None:
        return [trial]
    clock = Clock()
    try:
        with TemporaryDirectory(prefix="stopwatch-test.") as folder, _server(Path(folder), trial.inputs) as server:
            source = PrometheusSource(
                "of the test", server.url, monotonic=clock.monotonic, clock=clock.wall, sleep=clock.sleep
            )
            with source:
                steps = dict.fromkeys(rule.step for site in trial.sites for rule in site.rules)
                return [_at_step(trial, trial.inputs, step, kpis, source) for step in steps]
    except PrometheusMissingError as error:
        raise InputsUnusableError("prometheus-missing", f"input_series need Prometheus: {error}") from None
    except PrometheusStartError as error:
        raise InputsUnusableError("prometheus-failed", f"Prometheus could not take the input_series: {error}") from None


def _server(folder: Path, inputs: Inputs) -> PrometheusServer:
    """Return the server, not yet started, with the samples in a file; a TSDB refuses a file without any."""
    history = folder / "history.om"
    series = [(one.labels, one.values) for one in inputs.series]
    lines = list(exposition(series, start=START, interval=inputs.interval))
    with history.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    return PrometheusServer(folder, openmetrics=history if len(lines) > 1 else None, retention=_RETENTION)


def _at_step(
    trial: Trial, inputs: Inputs, step: timedelta, kpis: Mapping[KpiId, Kpi], source: PrometheusSource
) -> Trial:
    """Return the part of *trial* that is about rules of *step*, with every value in it."""
    length, first = trial.slots(step), (START - EPOCH) // step
    slots = SlotRange(Grid(step), first, first + length - 1)
    sites = [replace(one, rules=tuple(rule for rule in one.rules if rule.step == step)) for one in trial.sites]
    values: dict[SiteId, dict[KpiId, tuple[float, ...]]] = {one.site: dict(one.values) for one in sites}
    volumes: dict[SiteId, dict[KpiId, tuple[float, ...]]] = {one.site: dict(one.volumes) for one in sites}
    for kpi, queried in _queried(sites, guarded=False).items():
        query = Query(kpis[kpi].query, kpis[kpi].site_label, _of(queried, inputs.labels))
        for site, found in _read(source, query, slots, f"the query of {kpi}").items():
            values[site][kpi] = tuple(found)
    for kpi, queried in _queried(sites, guarded=True).items():
        query = Query(kpis[kpi].volume or "", kpis[kpi].site_label, _of(queried, inputs.labels))
        for site, found in _read(source, query, slots, f"the volume of {kpi}").items():
            volumes[site][kpi] = tuple(found)
    filled = [replace(one, values=values[one.site], volumes=volumes[one.site]) for one in sites]
    return _part(trial, length, filled)


def _part(trial: Trial, length: int, sites: Sequence[SiteTrial]) -> Trial:
    """Return *trial* with *sites* and what it expects of their rules alone."""
    here = {(one.site, rule.id) for one in sites for rule in one.rules}

    def of_these(entries: tuple[Entry, ...] | None) -> tuple[Entry, ...] | None:
        return None if entries is None else tuple(one for one in entries if (one.site, one.rule) in here)

    return replace(
        trial,
        length=length,
        sites=tuple(sites),
        expect=tuple(one for one in trial.expect if (one.site, one.rule) in here),
        opens=of_these(trial.opens),
        closes=of_these(trial.closes),
        inputs=None,
    )


def _queried(sites: Sequence[SiteTrial], *, guarded: bool) -> dict[KpiId, set[SiteId]]:
    """Return the KPIs that rules read at sites without series of them; *guarded*: those with a volume guard."""
    asked: dict[KpiId, set[SiteId]] = {}
    for one in sites:
        for criterion in (criterion for rule in one.rules for criterion in rule.criteria):
            given = criterion.kpi in one.values or criterion.kpi in one.volumes
            if not given and (criterion.volume is not None or not guarded):
                asked.setdefault(criterion.kpi, set()).add(one.site)
    return asked


def _of(sites: set[SiteId], labels: Mapping[str, SiteId]) -> dict[str, SiteId]:
    return {label: site for label, site in labels.items() if site in sites}


def _read(source: PrometheusSource, query: Query, slots: SlotRange, what: str) -> Mapping[SiteId, Sequence[float]]:
    try:
        return source.read(query, slots, deadline_seconds=_READ_SECONDS).series
    except SeriesAmbiguousError as error:
        hint = f"aggregate it by the site label: sum by ({query.site_label}) (…)"
        raise InputsUnusableError("two-series", f"{what}: {error}", hint) from None
    except QueryRejectedError as error:
        raise InputsUnusableError("query-refused", f"{what}: {error}", "correct it where the KPI is defined") from None
    except SourceError as error:
        raise InputsUnusableError("query-failed", f"{what}: {error}") from None
