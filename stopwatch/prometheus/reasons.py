"""The closed set of words that say why an answer could not be used; metrics and logs carry them."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why one request to Prometheus gave no values."""

    CONNECTION = "connection"
    """No connection, or it broke before the answer was complete."""
    TIMEOUT = "timeout"
    """The deadline passed, whatever had arrived by then."""
    PROTOCOL = "protocol"
    """What came back is not HTTP."""
    REDIRECT = "redirect"
    """HTTP 3xx: redirects are never followed."""
    REJECTED = "rejected"
    """HTTP 400, or a 422 that speaks of parsing: the expression is refused."""
    HTTP_4XX = "http_4xx"
    """Any other HTTP 4xx, such as 401 or 404."""
    HTTP_422 = "http_422"
    """Prometheus could not execute the expression."""
    HTTP_429 = "http_429"
    """Too many requests."""
    HTTP_5XX = "http_5xx"
    """HTTP 5xx, 503 (query timed out or aborted) among them."""
    ENCODING = "encoding"
    """Compressed in an unknown way, or not as the header says."""
    OVERSIZE = "oversize"
    """More bytes or values than allowed, even for a single slot."""
    TOO_MANY_SAMPLES = "too_many_samples"
    """Prometheus would load more samples than it allows, even for a single slot."""
    TOO_MANY_SERIES = "too_many_series"
    """More series than allowed."""
    NOT_JSON = "not_json"
    """HTTP 2xx whose body is not a JSON object."""
    STATUS_ERROR = "status_error"
    """HTTP 2xx whose body says ``status: error``, or no status at all."""
    WARNINGS = "warnings"
    """The answer says that it may be incomplete."""
    NOT_MATRIX = "not_matrix"
    """The result is not of the type asked for."""
    TWO_SERIES = "two_series"
    """Two series for one site."""
    MALFORMED = "malformed"
    """JSON of another shape than the API's."""
    MISALIGNED = "misaligned"
    """A timestamp that is not one of the slots asked for, or out of order, or there twice."""
    NOT_A_NUMBER = "not_a_number"
    """A value that is no number."""


RETRIED = frozenset(
    {Reason.CONNECTION, Reason.TIMEOUT, Reason.PROTOCOL, Reason.HTTP_422, Reason.HTTP_429, Reason.HTTP_5XX}
)
"""The reasons for which the same request may succeed a moment later."""
