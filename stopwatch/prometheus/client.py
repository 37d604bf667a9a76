"""A Prometheus as a source of readings: one range query for all sites, every failure its own error."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self, TypeVar

import orjson

from stopwatch.core.errors import QueryRejectedError, SourceError, SourceUnavailableError
from stopwatch.core.grid import EPOCH, SlotRange
from stopwatch.core.reading import MAX_POINTS, Origin, Query, Reading, chunk_slots, joined
from stopwatch.prometheus.exchange import Answer, Exchange, OversizeError
from stopwatch.prometheus.parse import Matrix, TooManyValuesError, parse_matrix
from stopwatch.prometheus.reasons import Reason
from stopwatch.prometheus.refusal import TooManySamplesError, refuse
from stopwatch.prometheus.retry import with_second_try
from stopwatch.prometheus.secrecy import address
from stopwatch.prometheus.sites import expand
from stopwatch.prometheus.skew import skew
from stopwatch.prometheus.vector import InstantSample, parse_vector

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stopwatch.prometheus.skeleton import Skeleton

T = TypeVar("T")

DECODED_BYTES = 8 * 1024 * 1024
_TOO_LARGE = (OversizeError, TooManyValuesError, TooManySamplesError)
_SMALL_ANSWER_SECONDS = 5.0
_OK = 200


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The answer to one request."""

    matrix: Matrix
    skew: timedelta | None
    size_bytes: int


class PrometheusSource:
    """
    One Prometheus (or Thanos, Mimir, VictoriaMetrics) at *url*, usable from several threads.

    *url* may carry user and password, *headers* a token or tenant; none of them is ever shown. *monotonic* (seconds),
    *clock* (aware) and *sleep* (seconds) are the caller's. An answer may have *max_bytes*, decoded; one request may
    take *request_seconds* and span *max_slots*; *gzip* asks for compressed answers.
    """

    def __init__(  # noqa: PLR0913 -- every limit may be set alone
        self,
        name: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        monotonic: Callable[[], float],
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        max_bytes: int = DECODED_BYTES,
        max_slots: int = MAX_POINTS,
        request_seconds: float = 60.0,
        gzip: bool = False,
    ) -> None:
        """
        Prepare the connections; nothing is sent yet.

        Raises:
            ConfigurationError: *url* or a header cannot be used.

        """
        self.name = name
        self._where = address(url, headers or {})
        self._monotonic, self._clock, self._sleep = monotonic, clock, sleep
        self._max_slots, self._request_seconds = max_slots, request_seconds
        self._exchange = Exchange(self._where, monotonic=monotonic, max_bytes=max_bytes, gzip=gzip)
        self._skeletons: dict[tuple[str, int], Skeleton] = {}
        self._version: str | None = None
        self._skew: timedelta | None = None

    @property
    def url(self) -> str:
        """The address without user and password."""
        return self._where.url

    @property
    def origin(self) -> Origin:
        """Where readings come from, as far as the source has told until now; nothing is asked for it."""
        return Origin(self.url, self._version, self._skew)

    def __repr__(self) -> str:
        """Show the name and the address, no secret."""
        return f"PrometheusSource({self.name!r}, {self.url!r})"

    def __enter__(self) -> Self:
        """Use the source in a ``with``."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._exchange.close()

    def read(self, query: Query, slots: SlotRange, *, deadline_seconds: float) -> Reading:
        """
        Read *query* at every slot of *slots*, for all its sites at once, within *deadline_seconds* altogether.

        More slots than fit one answer are asked for in chunks; an answer that is too large halves the chunk. What may
        pass a moment later is asked for twice.

        Raises:
            SourceUnavailableError: No usable answer; the same slots may be asked for again.
            QueryRejectedError: Prometheus refused the expression; waiting will not help.
            SeriesAmbiguousError: Two series for one site.
            PartialAnswerError: Part of the data may be absent.

        """
        if not query.labels or not len(slots):
            return Reading()
        began = self._monotonic()
        try:
            reading = self._read(query, slots, began + deadline_seconds)
        except SourceError as error:
            error.seconds = self._monotonic() - began
            raise
        return replace(reading, seconds=self._monotonic() - began)

    def _read(self, query: Query, slots: SlotRange, until: float) -> Reading:
        expression = expand(query.expression, query.labels)
        size = min(self._max_slots, chunk_slots(len(query.labels)))
        chunks: list[tuple[SlotRange, _Chunk]] = []
        first = slots.first
        while first <= slots.last:
            part = SlotRange(slots.grid, first, min(slots.last, first + size - 1))
            try:
                chunk = self._range(query, expression, part, until)
            except _TOO_LARGE as error:
                if len(part) == 1:
                    raise self._named(_too_large(error)) from None
                size = len(part) // 2
                continue
            chunks.append((part, chunk))
            first = part.last + 1
        reading = _reading(chunks)
        if reading.skew is not None:
            self._skew = reading.skew
        return reading

    def query(self, expression: str, at: datetime, *, deadline_seconds: float) -> tuple[InstantSample, ...]:
        """
        Evaluate *expression* at one instant: every sample of a vector, or a scalar as one sample without labels.

        Raises:
            SourceUnavailableError: No usable answer.
            QueryRejectedError: Prometheus refused the expression.
            PartialAnswerError: Part of the data may be absent.

        """

        def ask(by: float) -> tuple[InstantSample, ...]:
            seconds = (at - EPOCH) / timedelta(seconds=1)
            answer = self._post("/api/v1/query", {"query": expression, "time": f"{seconds:.3f}"}, by)
            return parse_vector(answer.body)

        try:
            return self._twice(ask, self._monotonic() + deadline_seconds)
        except _TOO_LARGE as error:
            raise self._named(_too_large(error)) from None

    def build_info(self, *, deadline_seconds: float = _SMALL_ANSWER_SECONDS) -> str:
        """
        Return the version that Prometheus says it has.

        Raises:
            SourceUnavailableError: No usable answer.

        """

        def ask(by: float) -> str:
            answer = self._exchange.send("GET", "/api/v1/status/buildinfo", until=self._capped(by))
            refuse(answer)
            try:
                return str(orjson.loads(answer.body)["data"]["version"])[:100]
            except (ValueError, LookupError, TypeError, RecursionError):
                raise SourceUnavailableError("does not tell its version", reason=Reason.MALFORMED) from None

        try:
            self._version = self._where.redact(self._twice(ask, self._monotonic() + deadline_seconds))
            return self._version
        except _TOO_LARGE as error:
            raise self._named(_too_large(error)) from None

    def ready(self, *, deadline_seconds: float = _SMALL_ANSWER_SECONDS) -> bool:
        """Tell whether Prometheus says that it is ready to serve; False also when it does not answer at all."""
        try:
            until = self._monotonic() + deadline_seconds
            return self._exchange.send("GET", "/-/ready", until=self._capped(until)).status == _OK
        except (SourceError, OversizeError):
            return False

    def clock_skew(self, *, deadline_seconds: float = _SMALL_ANSWER_SECONDS) -> timedelta | None:
        """
        Ask how far its clock is ahead of ours; None if it answers without telling its time. Any status will do.

        Raises:
            SourceUnavailableError: No answer.

        """
        started = self._clock()
        try:
            answer = self._exchange.send("GET", "/-/ready", until=self._monotonic() + deadline_seconds)
        except OversizeError as error:
            raise self._named(_too_large(error)) from None
        took = timedelta(seconds=max(0.0, answer.received - answer.sent))
        return skew(answer.headers.get("date"), started, took)

    def _range(self, query: Query, expression: str, part: SlotRange, until: float) -> _Chunk:
        """Send one range query; both ends are included and lie on the grid."""
        step = int(part.grid.step.total_seconds())
        form = {
            "query": expression,
            "start": str(part.first * step),
            "end": str(part.last * step),
            "step": str(step),
        }

        key = (query.expression, step)

        def ask(by: float) -> _Chunk:
            started = self._clock()
            answer = self._post("/api/v1/query_range", form, by)
            matrix = parse_matrix(answer.body, query, part, self._skeletons.get(key))
            if matrix.skeleton is not None:
                self._skeletons[key] = matrix.skeleton
            took = timedelta(seconds=max(0.0, answer.received - answer.sent))
            return _Chunk(matrix, skew(answer.headers.get("date"), started, took), len(answer.body))

        return self._twice(ask, until)

    def _post(self, path: str, form: Mapping[str, str], by: float) -> Answer:
        """Send *form*, telling Prometheus to stop when nobody waits any more."""
        by = self._capped(by)
        milliseconds = max(1, math.ceil(1000 * (by - self._monotonic())))
        try:
            answer = self._exchange.send("POST", path, {**form, "timeout": f"{milliseconds}ms"}, until=by)
        except UnicodeEncodeError:
            raise QueryRejectedError("the expression holds text that is not Unicode", reason=Reason.REJECTED) from None
        refuse(answer)
        return answer

    def _capped(self, until: float) -> float:
        return min(until, self._monotonic() + self._request_seconds)

    def _twice(self, ask: Callable[[float], T], until: float) -> T:
        try:
            return with_second_try(ask, until=until, monotonic=self._monotonic, sleep=self._sleep)
        except SourceError as error:
            raise self._named(error) from None

    def _named(self, error: SourceError) -> SourceError:
        """The same failure, saying which source it was and showing no secret."""
        return type(error)(f"source {self.name} ({self.url}): {self._where.redact(str(error))}", reason=error.reason)


def _reading(chunks: list[tuple[SlotRange, _Chunk]]) -> Reading:
    """Join the chunks; a site that a chunk does not know has no points there."""
    newest = chunks[-1][1]
    size = sum(chunk.size_bytes for _, chunk in chunks)
    unknown = max(chunk.matrix.unknown for _, chunk in chunks)
    if len(chunks) == 1:
        return Reading(newest.matrix.series, newest.skew, unknown, size)
    series = joined([(len(part), chunk.matrix.series) for part, chunk in chunks])
    return Reading(series, newest.skew, unknown, size)


def _too_large(error: Exception) -> SourceUnavailableError:
    """What to say when a single slot is still too much."""
    if isinstance(error, TooManySamplesError):
        words = "even one slot would load too many samples into memory"
        return SourceUnavailableError(words, reason=Reason.TOO_MANY_SAMPLES)
    return SourceUnavailableError("the answer is larger than allowed", reason=Reason.OVERSIZE)
