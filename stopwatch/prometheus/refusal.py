"""An HTTP status other than 2xx becomes the failure that a person must tell apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from stopwatch.core.errors import QueryRejectedError, SourceError, SourceUnavailableError
from stopwatch.prometheus.parse import error_words
from stopwatch.prometheus.reasons import Reason

if TYPE_CHECKING:
    from stopwatch.prometheus.exchange import Answer

_OK, _REDIRECTS, _SERVER = range(200, 300), range(300, 400), range(500, 600)
_REJECTED, _UNPROCESSABLE, _TOO_MANY_REQUESTS = 400, 422, 429
_TOO_MANY_SAMPLES = "too many samples"
_UNPARSABLE = ("parse error", "cannot parse", "unparsed data")
"""How VictoriaMetrics says within a 422 what is a 400 to Prometheus."""


class TooManySamplesError(Exception):
    """Prometheus would have to load more samples than it allows; fewer slots may do."""


def refuse(answer: Answer) -> None:
    """
    Let a successful *answer* pass.

    Raises:
        QueryRejectedError: HTTP 400, with Prometheus's own words if there are any, or a 422 that speaks of parsing.
        SourceUnavailableError: A redirect, or any other status that is not 2xx.
        TooManySamplesError: HTTP 422 because of the number of samples.

    """
    if answer.status in _OK:
        return
    words = _words(answer.body)
    if answer.status == _UNPROCESSABLE and _TOO_MANY_SAMPLES in words:
        raise TooManySamplesError
    raise _failure(answer, words)


def _failure(answer: Answer, words: str) -> SourceError:
    told = f"HTTP {answer.status}" + (f": {words}" if words else "")
    unparsable = answer.status == _UNPROCESSABLE and any(said in words for said in _UNPARSABLE)
    if answer.status == _REJECTED or unparsable:
        return QueryRejectedError(f"the expression was refused with {told}", reason=Reason.REJECTED)
    if answer.status in _REDIRECTS:
        return SourceUnavailableError(
            f"answered with a redirect (HTTP {answer.status}); redirects are not followed, set the final address",
            reason=Reason.REDIRECT,
        )
    if answer.status == _UNPROCESSABLE:
        reason = Reason.HTTP_422
    elif answer.status == _TOO_MANY_REQUESTS:
        reason = Reason.HTTP_429
    else:
        reason = Reason.HTTP_5XX if answer.status in _SERVER else Reason.HTTP_4XX
    return SourceUnavailableError(f"answered with {told}", reason=reason)


def _words(body: bytes) -> str:
    """Prometheus's own words in the body of a refusal; a proxy's page has none."""
    try:
        return error_words(orjson.loads(body))
    except (ValueError, RecursionError):
        return ""
