"""Samples and times as bundles of evidence write them, read back."""

from __future__ import annotations

import math
from datetime import datetime

_INFINITIES = {"+Inf": math.inf, "-Inf": -math.inf}


def number_of(written: object) -> float:
    """
    Return the sample that `finite` wrote: null is NaN, infinities are words.

    Raises:
        TypeError: It is no sample.

    """
    if written is None:
        return math.nan
    if isinstance(written, str) and written in _INFINITIES:
        return _INFINITIES[written]
    if isinstance(written, bool) or not isinstance(written, int | float):
        raise TypeError(f"{written!r} is no sample")
    return float(written)


def numbers_of(written: object) -> list[float]:
    """
    Return a list of samples.

    Raises:
        TypeError: It is none.

    """
    if not isinstance(written, list):
        raise TypeError("values are no list")
    return [number_of(each) for each in written]


def instant_of(text: object) -> datetime:
    """
    Return the instant of a bundle's time, aware.

    Raises:
        ValueError: It is no time, or has no time zone.

    """
    instant = datetime.fromisoformat(str(text))
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return instant
