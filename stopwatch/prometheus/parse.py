"""The body of a range query becomes one list of floats per site, aligned with the slots that were asked for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import orjson

from stopwatch.core.errors import PartialAnswerError, SeriesAmbiguousError, SourceUnavailableError
from stopwatch.core.reading import MAX_CELLS
from stopwatch.prometheus.numbers import read_numbers
from stopwatch.prometheus.reasons import Reason
from stopwatch.prometheus.skeleton import skeleton_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from stopwatch.core.grid import SlotRange
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.reading import Query
    from stopwatch.prometheus.skeleton import Skeleton

MAX_SERIES = 10_000
_MAX_CONTAINERS = 2 * (MAX_CELLS + MAX_SERIES) + 1_000
_MAX_COMMAS = 3 * _MAX_CONTAINERS
_INFO = "PromQL info"

SHAPE_ERRORS = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, RecursionError)
"""What looking at JSON of an unexpected shape raises."""


class TooManyValuesError(Exception):
    """The body holds more values than may be built in memory; fewer slots may fit."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """
    Values by site, one for every slot, NaN where there is no point; *unknown* counts series of unknown sites.

    *skeleton* is what makes the next answer of one slot cheap to read, if it can be had.
    """

    series: Mapping[SiteId, Sequence[float]]
    unknown: int
    skeleton: Skeleton | None = None


def data_of(body: bytes, *, kinds: tuple[str, ...]) -> tuple[str, Any]:
    """
    Open the envelope of an API answer and give the type of the result, one of *kinds*, and the result.

    Raises:
        SourceUnavailableError: No JSON, another shape than the API's, status error, or another type of result.
        PartialAnswerError: It came with warnings, or says that it is partial; infos are harmless.
        TooManyValuesError: It would take too much memory.

    """
    if body.count(b"[") + body.count(b"{") > _MAX_CONTAINERS or body.count(b",") > _MAX_COMMAS:
        raise TooManyValuesError
    try:
        envelope = orjson.loads(body)
    except (ValueError, RecursionError):
        raise SourceUnavailableError("the answer is not JSON", reason=Reason.NOT_JSON) from None
    if not isinstance(envelope, dict):
        raise SourceUnavailableError("the answer is not a JSON object", reason=Reason.NOT_JSON)
    if envelope.get("status") != "success":
        words = error_words(envelope) or "the answer does not say that it succeeded"
        raise SourceUnavailableError(words, reason=Reason.STATUS_ERROR)
    _refuse_partial(envelope)
    data = envelope.get("data")
    if not isinstance(data, dict):
        raise _malformed("data is no object")
    kind = data.get("resultType")
    if kind not in kinds:
        words = f"the result is of type {str(kind)[:40]!a}, not {' or '.join(kinds)}"
        raise SourceUnavailableError(words, reason=Reason.NOT_MATRIX)
    return kind, data.get("result")


def error_words(envelope: object) -> str:
    """Prometheus's own words for what went wrong, empty if there are none."""
    if not isinstance(envelope, dict) or not isinstance(envelope.get("error"), str):
        return ""
    return str(envelope["error"])


def parse_matrix(body: bytes, query: Query, slots: SlotRange, known: Skeleton | None = None) -> Matrix:
    """
    Read the answer to *query* at every slot of *slots*, which must not be empty.

    A value is NaN where the series has no point. Series of sites that *query* does not name are only
    counted. *known* is what an earlier answer left behind; it changes what reading costs, not what is read.

    Raises:
        SourceUnavailableError: See `Reason`; no exception of another tree leaves, whatever *body* holds.
        SeriesAmbiguousError: Two series for one site.
        PartialAnswerError: Part of the data may be absent from it.
        TooManyValuesError: It would take too much memory.

    """
    instant = slots.first * int(slots.grid.step.total_seconds()) if len(slots) == 1 else None
    if known is not None and instant is not None:
        series = known.read(body, query, instant)
        if series is not None:
            return Matrix(series, known.unknown, known)
    _, result = data_of(body, kinds=("matrix",))
    if not isinstance(result, list):
        raise _malformed("the result is no list")
    if len(result) > MAX_SERIES:
        words = f"{len(result)} series; at most {MAX_SERIES} are read"
        raise SourceUnavailableError(words, reason=Reason.TOO_MANY_SERIES)
    try:
        matrix = _matrix(result, query, slots)
    except SHAPE_ERRORS:
        raise _malformed("a series has another shape than the API's") from None
    return replace(matrix, skeleton=skeleton_of(body, result, query, instant)) if instant is not None else matrix


def _matrix(result: list[Any], query: Query, slots: SlotRange) -> Matrix:
    site_of, label = query.labels.get, query.site_label
    rows: dict[SiteId, list[Any]] = {}
    unknown = 0
    for entry in result:
        site = site_of(entry["metric"].get(label))
        if site is None:
            unknown += 1
        elif site in rows:
            raise _two_series(result, query, site)
        elif "histograms" in entry:
            words = "the result holds native histograms, not numbers; apply histogram_quantile or the like"
            raise SourceUnavailableError(words, reason=Reason.NOT_MATRIX)
        else:
            rows[site] = entry["values"]
    return Matrix(_aligned(rows, slots), unknown)


def _aligned(rows: Mapping[SiteId, list[Any]], slots: SlotRange) -> dict[SiteId, Sequence[float]]:
    """Check every instant and read every number; the texts of all series become floats in one go, which costs least."""
    step = int(slots.grid.step.total_seconds())
    instants = tuple(range(slots.first * step, (slots.last + 1) * step, step))
    whole, only = len(instants), instants[0]
    texts: list[str] = []
    times: list[tuple[Any, ...]] = []
    for points in rows.values():
        if whole == 1 and len(points) == 1:
            ((time, text),) = points
            texts.append(text)
            times.append(instants if time == only else (time,))
        elif points:
            row, values = zip(*points, strict=True)
            texts += values
            times.append(instants if row == instants else row)
        else:
            times.append(())
    numbers = _numbers(texts)
    places: dict[int, int] = {}
    series: dict[SiteId, Sequence[float]] = {}
    start = 0
    for site, row in zip(rows, times, strict=True):
        part = numbers[start : start + len(row)]
        start += len(row)
        if row is not instants:
            places = places or {instant: place for place, instant in enumerate(instants)}
            part = _placed(row, part, places)
        series[site] = part
    return series


def _numbers(texts: list[str]) -> list[float]:
    try:
        return read_numbers(",".join(texts).encode(), len(texts))
    except ValueError:
        raise _not_a_number() from None


def _placed(times: Sequence[Any], values: Sequence[float], places: Mapping[int, int]) -> list[float]:
    """Put the points of an incomplete series at their slots; each must be a slot and later than the one before."""
    floats = [math.nan] * len(places)
    newest = -1
    for time, value in zip(times, values, strict=True):
        place = places.get(time, -1)
        if place <= newest:
            words = f"a point at {str(time)[:40]!a} is not one of the slots asked for, or not later than the one before"
            raise SourceUnavailableError(words, reason=Reason.MISALIGNED)
        floats[place] = value
        newest = place
    return floats


def _refuse_partial(envelope: Mapping[str, Any]) -> None:
    warnings = envelope.get("warnings") or []
    if not isinstance(warnings, list):
        raise _malformed("warnings is no list")
    # Prometheus 2.48 to 2.53 sent its harmless annotations among the warnings.
    told = [str(warning)[:300] for warning in warnings if not str(warning).startswith(_INFO)]
    if told:
        raise PartialAnswerError(f"the answer may be incomplete: {told[0]}", reason=Reason.WARNINGS)
    if envelope.get("isPartial") is True:
        raise PartialAnswerError("the answer says that it is partial", reason=Reason.WARNINGS)


def _two_series(result: list[Any], query: Query, site: SiteId) -> SeriesAmbiguousError:
    """Name the first two label sets that stand for *site*."""
    found = [entry["metric"] for entry in result if query.labels.get(entry["metric"].get(query.site_label)) == site]
    first, second = (label_set(metric) for metric in found[:2])
    return SeriesAmbiguousError(
        f"two series for site {site}: {first} and {second}; aggregate by ({query.site_label})", reason=Reason.TWO_SERIES
    )


def label_set(metric: Mapping[str, Any]) -> str:
    """Write labels as Prometheus does, at most 120 characters of them."""
    text = "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(metric.items())) + "}"
    return text if len(text) <= 120 else text[:119] + "…"  # noqa: PLR2004 -- the docstring says it


def _malformed(what: str) -> SourceUnavailableError:
    return SourceUnavailableError(f"the answer is malformed: {what}", reason=Reason.MALFORMED)


def _not_a_number() -> SourceUnavailableError:
    return SourceUnavailableError("a value is not a number", reason=Reason.NOT_A_NUMBER)
