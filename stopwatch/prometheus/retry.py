"""A second try for what may pass a moment later, inside one deadline."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from stopwatch.core.errors import SourceError
from stopwatch.prometheus.reasons import RETRIED

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

TRIES = 2
_FIRST_SHARE = 0.6
_PAUSE_SECONDS = 0.25
_PAUSE_SHARE = 0.2


def with_second_try(
    call: Callable[[float], T], *, until: float, monotonic: Callable[[], float], sleep: Callable[[float], None]
) -> T:
    """
    Give what *call* returns; call it once more, after a pause, if its failure may pass.

    *call* takes the instant of *monotonic* by which it must end: the first try gets three fifths of the time that is
    left before *until*, the second the rest. The pause is a quarter of a second, less if there is little time.

    Raises:
        SourceError: What the last try raised.

    """
    now = monotonic()
    try:
        return call(now + _FIRST_SHARE * (until - now))
    except SourceError as error:
        left = until - monotonic()
        if error.reason not in RETRIED or left <= 0:
            raise
    sleep(min(_PAUSE_SECONDS, _PAUSE_SHARE * left))
    return call(until)
