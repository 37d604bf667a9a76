"""Numbers, spans and instants as an on-call person reads them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

NARROW = "\u202f"
"""NARROW NO-BREAK SPACE between groups of three digits."""

_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
_DIGITS = 3
_MOST_DIGITS = 9
_HUGE = 1e15


def figure(value: object, unit: object, *, digits: int = _DIGITS) -> str | None:
    """
    Write *value* in *unit* (ratio, seconds, count or per_second) with about *digits* significant digits.

    Returns None for what is no number; NaN and the infinities are written as words.
    """
    number = as_number(value)
    if number is None:
        return None
    if math.isnan(number):
        return "no number"
    if math.isinf(number):
        return "above all bounds" if number > 0 else "below all bounds"
    if unit == "ratio":
        return f"{_plain(100 * number, _percent_digits(number, digits))} %"
    if unit == "seconds":
        return _seconds(number, digits)
    if unit == "per_second":
        return f"{_plain(number, digits)} /s"
    return _plain(number, max(digits, 1))


def figures(values: list[object], unit: object) -> list[str | None]:
    """Write *values* with as many digits as it takes that different values look different."""
    numbers = {number for value in values if (number := as_number(value)) is not None and math.isfinite(number)}
    written: list[str | None] = []
    for digits in range(_DIGITS, _MOST_DIGITS):
        written = [figure(value, unit, digits=digits) for value in values]
        if len({figure(number, unit, digits=digits) for number in numbers}) == len(numbers):
            break
    return written


def as_number(value: object) -> float | None:
    """Return a JSON number as float, also NaN and the infinities as they are spelt in JSON texts; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        return float(value) if abs(value) < _HUGE else math.inf if value > 0 else -math.inf
    if isinstance(value, str) and value.lstrip("+-").lower() in {"nan", "inf"}:
        return float(value)
    return None


def span(seconds: object) -> str | None:
    """Write a span of time: ``40 s``, ``15 min``, ``2 h 05 min``, ``3 d 4 h``; None for what is no number."""
    number = as_number(seconds)
    if number is None or not math.isfinite(number):
        return None
    whole = round(abs(number))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest:02} s" if rest else f"{minutes} min"
    if whole < _DAY:
        hours, rest = divmod(whole // 60, 60)
        return f"{hours} h {rest:02} min" if rest else f"{hours} h"
    days, rest = divmod(whole // 3600, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"


def between(earlier: datetime, later: datetime) -> str:
    """Write the span from *earlier* to *later*."""
    return span((later - earlier) / timedelta(seconds=1)) or "0 s"


def moment(value: object) -> datetime | None:
    """Return an RFC 3339 text, or an aware datetime, as an instant in UTC; None for anything else."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC)


def clock(at: datetime) -> str:
    """Write an instant without mark-up, for push lines: ``10:15 UTC``."""
    return f"{at.astimezone(UTC):%H:%M} UTC"


def here(at: datetime) -> str:
    """Write an instant so that Slack shows it in the reader's own zone, with the date where it is not today."""
    utc = at.astimezone(UTC)
    return f"<!date^{int(utc.timestamp())}^{{date_short_pretty}} {{time}}|{utc:%Y-%m-%d %H:%M} UTC>"


def _percent_digits(ratio: float, digits: int) -> int:
    """Near 100 % the distance from it is what matters: 99.87 % and 99.9 % must not look alike."""
    rest = abs(1 - abs(ratio))
    if 0 < rest < 0.1:  # noqa: PLR2004 – from 90 % on
        return digits + math.floor(-math.log10(rest))
    return _below_ten(100 * ratio, digits)


def _below_ten(number: float, digits: int) -> int:
    """One decimal is enough between 1 and 10: 7.4, 12.3."""
    return digits - 1 if abs(number) < 10 else digits  # noqa: PLR2004 – as it says


def _plain(number: float, digits: int) -> str:
    """Write a number with *digits* significant digits, no trailing zeros, whole digits always, groups of three."""
    if number == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(number)))
    if abs(number) >= _HUGE or magnitude < -_MOST_DIGITS:
        return f"{number:.3g}"
    decimals = max(0, digits - 1 - magnitude)
    written = f"{number:,.{decimals}f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return written.replace(",", NARROW)


def _seconds(number: float, digits: int) -> str:
    size = abs(number)
    if size < 1:
        return f"{_plain(1000 * number, digits)} ms"
    if size < _MINUTE:
        return f"{_plain(number, _below_ten(number, digits))} s"
    sign = "-" if number < 0 else ""
    if digits > _DIGITS or size >= _HUGE:
        return f"{_plain(number, digits + 2)} s"
    return f"{sign}{span(size)}"
