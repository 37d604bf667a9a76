"""Faults on demand: what can go wrong at a site, how strongly, and until when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class FaultRefusedError(ValueError):
    """The wanted fault names no site or kind we know, or a strength or duration that makes no sense."""


class FaultKind(StrEnum):
    """What can be made to go wrong; the comment says what strength means."""

    INTEGRATION_5XX = "integration_5xx"  # share of calls answered 5xx
    INTEGRATION_LATENCY = "integration_latency"  # factor on every call's duration
    EXCEPTIONS = "exceptions"  # share of orders that need a person
    LABELS = "labels"  # share of carrier labels that fail
    ORDER_TO_SHIP = "order_to_ship"  # factor on the time from order to shipment
    SILENT = "silent"  # the site's exporter stops; strength is not used
    CLOSED = "closed"  # no orders at all; strength is not used


DEFAULT_STRENGTH: Mapping[FaultKind, float] = {
    FaultKind.INTEGRATION_5XX: 0.2,
    FaultKind.INTEGRATION_LATENCY: 8.0,
    FaultKind.EXCEPTIONS: 0.2,
    FaultKind.LABELS: 0.2,
    FaultKind.ORDER_TO_SHIP: 3.0,
    FaultKind.SILENT: 1.0,
    FaultKind.CLOSED: 1.0,
}
_SHARES = frozenset({FaultKind.INTEGRATION_5XX, FaultKind.EXCEPTIONS, FaultKind.LABELS})
_MOST = 100.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault at one site; *until* is a Unix time in seconds, None lasts until it is cleared."""

    site: str
    kind: FaultKind
    strength: float
    until: float | None = None


def fault_from(wish: Mapping[str, object], *, sites: Collection[str], now: float) -> Fault:
    """
    Read a fault from ``{site, kind, strength?, seconds?}``; *now* is the simulator's Unix time.

    Raises:
        FaultRefusedError: An unknown key, site or kind, or a number out of range.

    """
    unknown = set(wish) - {"site", "kind", "strength", "seconds"}
    if unknown:
        raise FaultRefusedError(f"unknown key {min(unknown)!r}; known are site, kind, strength, seconds")
    site = wish.get("site")
    if not isinstance(site, str) or site not in sites:
        raise FaultRefusedError(f"unknown site {site!r}; known are {', '.join(sorted(sites))}")
    try:
        kind = FaultKind(str(wish.get("kind")))
    except ValueError as unknown_kind:
        raise FaultRefusedError(
            f"unknown kind {wish.get('kind')!r}; known are {', '.join(FaultKind)}"
        ) from unknown_kind
    most = 1.0 if kind in _SHARES else _MOST
    strength = _number(wish, "strength", default=DEFAULT_STRENGTH[kind], most=most)
    seconds = None if wish.get("seconds") is None else _number(wish, "seconds", default=0.0, most=86_400.0)
    return Fault(site, kind, strength, until=None if seconds is None else now + seconds)


def _number(wish: Mapping[str, object], key: str, *, default: float, most: float) -> float:
    value = wish.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise FaultRefusedError(f"{key} must be a number")
    if not 0 < value <= most:
        raise FaultRefusedError(f"{key} must be over 0 and at most {most:g}")
    return float(value)


class FaultBoard:
    """The faults that are on, at most one of each kind at each site."""

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self._faults: dict[tuple[str, FaultKind], Fault] = {}

    def inject(self, fault: Fault) -> None:
        """Switch *fault* on; it replaces the one of its kind at its site."""
        self._faults[fault.site, fault.kind] = fault

    def clear(self, *, site: str | None = None, kind: FaultKind | None = None) -> int:
        """Switch off the faults of *site* and *kind* (None: any); returns how many there were."""
        gone = [key for key in self._faults if site in (None, key[0]) and kind in (None, key[1])]
        for key in gone:
            del self._faults[key]
        return len(gone)

    def active(self, *, now: float) -> tuple[Fault, ...]:
        """List the faults that are on at the Unix time *now*."""
        return tuple(fault for fault in self._faults.values() if fault.until is None or now < fault.until)

    def at(self, site: str, *, now: float) -> dict[FaultKind, float]:
        """Give the strength of every kind of fault that is on at *site* at the Unix time *now*."""
        return {fault.kind: fault.strength for fault in self.active(now=now) if fault.site == site}
