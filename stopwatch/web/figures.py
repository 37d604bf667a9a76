"""Numbers, spans and local times as people read them on pages and charts."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_WEB = re.compile(r"https?://[^\s<>\"'{}]+")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_NEAR_ONE = 0.9
_TINY, _HUGE = 1e-6, 1e15
_LONGEST = timedelta.max.total_seconds()
_SI = ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e4, " k"))
_SMALL = ((1e-3, 1e3, " ms"), (1e-6, 1e6, " µs"), (0.0, 1e9, " ns"))
_SUFFIX = {"ratio": " %", "per_second": " /s"}


def figure(value: float | None, unit: str, *, digits: int = 3) -> str:
    """Write *value* in *unit* with about *digits* significant digits, ratios as percent; a dash for none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "+∞" if value > 0 else "−∞"
    if unit == "seconds":
        return _seconds(value, digits)
    if unit == "ratio" and _NEAR_ONE <= abs(value) < 1:
        digits += 1  # There the distance from 100 % is what matters.
    scaled = 100 * value if unit == "ratio" else value
    return f"{_digits(scaled, digits)}{_SUFFIX.get(unit, '')}"


def label(value: float, unit: str) -> str:
    """Write *value* as `figure` does, shorter where it is long: ``2.5 M``."""
    if unit in {"count", "per_second"} and 1e4 <= abs(value) < _HUGE:  # noqa: PLR2004 – five digits and more
        factor, suffix = _measure(abs(value), unit)
        return f"{_digits(factor * value, 3)}{suffix}"
    return figure(value, unit)


def span(length: timedelta) -> str:
    """Write a span of time: ``40 s``, ``15 min``, ``2 h 05 min``, ``3 d 4 h``."""
    whole = round(abs(length.total_seconds()))
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        minutes, rest = divmod(whole, _MINUTE)
        return f"{minutes} min {rest:02} s" if rest else f"{minutes} min"
    if whole < _DAY:
        hours, rest = divmod(whole // _MINUTE, 60)
        return f"{hours} h {rest:02} min" if rest else f"{hours} h"
    days, rest = divmod(whole // _HOUR, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"


def zone_of(name: object) -> ZoneInfo:
    """Return the time zone of that name, UTC if there is none."""
    try:
        return ZoneInfo(str(name)) if name else ZoneInfo("UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def local(at: datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """Write an instant in *zone*: ``2026-11-21 11:14 CET``."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M{':%S' if seconds else ''} %Z}"


def utc(at: datetime) -> str:
    """Write an instant in UTC: ``2026-11-21 10:14 UTC``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S UTC}"


def minute(at: datetime) -> str:
    """Write an instant in UTC to the minute: ``2026-11-21 10:14``."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def is_link(text: str) -> bool:
    """Tell whether *text* is a web address and nothing else."""
    return _WEB.fullmatch(text) is not None


def ticks(low: float, high: float, unit: str, *, most: int = 5) -> list[tuple[float, str]]:
    """Return round values between *low* and *high*, at most *most* of them, as (value, how it is written)."""
    factor, suffix = _measure(max(abs(low), abs(high)), unit)
    bottom, top = low * factor, high * factor
    if not math.isfinite(top - bottom) or top - bottom <= 0:
        return []
    apart = _apart((top - bottom) / most)
    decimals = max(0, -math.floor(math.log10(apart)))
    exponent = top >= _HUGE or decimals > -math.log10(_TINY)
    found: list[tuple[float, str]] = []
    number = math.ceil(bottom / apart - 1e-9)
    while number * apart <= top * (1 + 1e-12) + 1e-300 and len(found) <= most:
        value = number * apart
        written = f"{value:.2g}" if exponent else f"{value:,.{decimals}f}".replace(",", "\u202f")
        found.append((value / factor, f"{written.replace('-', '−')}{suffix}"))
        number += 1
    return found


def _apart(least: float) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that is not below *least*."""
    power = 10.0 ** math.floor(math.log10(least))
    return next((power * step for step in (1, 2, 5) if power * step >= least), 10 * power)


def _measure(greatest: float, unit: str) -> tuple[float, str]:
    if unit == "ratio":
        return 100.0, " %"
    if unit == "seconds":
        small = next(((factor, suffix) for least, factor, suffix in _SMALL if least <= greatest < 1), None)
        if small is not None:
            return small
        return (1.0, " s") if greatest < 2 * _HOUR else (1 / _HOUR, " h")
    suffix = _SUFFIX.get(unit, "")
    for size, letter in _SI:
        if size <= greatest < _HUGE:
            return 1 / (1e3 if letter == " k" else size), f"{letter}{suffix}"
    return 1.0, suffix


def _seconds(value: float, digits: int) -> str:
    size = abs(value)
    if 0 < size < 1:
        factor, suffix = _measure(size, "seconds")
        return f"{_digits(factor * value, digits)}{suffix}"
    if size < _MINUTE or size >= _LONGEST:
        return f"{_digits(value, digits)} s"
    return ("−" if value < 0 else "") + span(timedelta(seconds=size))


def _digits(number: float, digits: int) -> str:
    if number == 0 or math.isinf(number):
        return "0" if number == 0 else figure(number, "count")
    magnitude = math.floor(math.log10(abs(number)))
    if abs(number) >= _HUGE or abs(number) < _TINY:
        return f"{number:.{digits}g}".replace("-", "−")
    written = f"{number:,.{max(0, digits - 1 - magnitude)}f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return written.replace(",", "\u202f").replace("-", "−")
