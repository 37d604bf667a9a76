"""The six demo sites: where they are, in which phase, how busy and how good they are on a usual day."""

from __future__ import annotations

from dataclasses import dataclass

from stopwatch.demo.sites.rhythm import Rhythm, Shift
from stopwatch.demo.sites.spread import Spread

DEMO_RATE_FACTOR = 180.0
"""How many times busier than life a demo site is, so that ten seconds carry enough orders to judge, even at night."""


@dataclass(frozen=True, slots=True)
class Connector:
    """An integration a site calls for its orders."""

    name: str
    calls_per_order: float
    error_ratio: float
    """Usual share of calls answered 5xx."""
    duration: Spread


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A warehouse as the demo's rollout plan and the simulator know it."""

    id: str
    label: str
    """Value of the ``site`` label in Prometheus."""
    name: str
    timezone: str
    phase: str
    peak_orders_per_second: float
    """In life; the simulator multiplies it by its rate factor."""
    rhythm: Rhythm
    connectors: tuple[Connector, ...]
    order_to_ship: Spread
    exception_ratio: float
    label_failure_ratio: float


def _connectors(shop: str, carrier: str, *, pace: float) -> tuple[Connector, ...]:
    return (
        Connector(shop, calls_per_order=2.0, error_ratio=0.003, duration=Spread(0.14 * pace, 0.55)),
        Connector(carrier, calls_per_order=1.5, error_ratio=0.006, duration=Spread(0.21 * pace, 0.5)),
    )


_TWO_SHIFTS = (Shift(6, 14, 1.0), Shift(13.5, 22, 0.85))
_THREE_SHIFTS = (*_TWO_SHIFTS, Shift(21.5, 6.5, 0.45))
_LONG_DAY = (Shift(7, 19, 1.0),)

SITES: tuple[DemoSite, ...] = (
    DemoSite(
        id="ham-01",
        label="HAM",
        name="Hamburg",
        timezone="Europe/Berlin",
        phase="pilot",
        peak_orders_per_second=2.6,
        rhythm=Rhythm(_THREE_SHIFTS, lunch=12.0, weekend=0.65),
        connectors=_connectors("shop", "parcel-carrier", pace=1.0),
        order_to_ship=Spread(2.6 * 3600, 0.35),
        exception_ratio=0.014,
        label_failure_ratio=0.008,
    ),
    DemoSite(
        id="lodz",
        label="LDZ",
        name="Łódź",
        timezone="Europe/Warsaw",
        phase="wave-1",
        peak_orders_per_second=2.2,
        rhythm=Rhythm(_THREE_SHIFTS, lunch=11.5, weekend=0.7),
        connectors=_connectors("shop", "parcel-carrier", pace=1.1),
        order_to_ship=Spread(2.2 * 3600, 0.3),
        exception_ratio=0.011,
        label_failure_ratio=0.006,
    ),
    DemoSite(
        id="rotterdam",
        label="RTM",
        name="Rotterdam",
        timezone="Europe/Amsterdam",
        phase="wave-1",
        peak_orders_per_second=3.0,
        rhythm=Rhythm(_THREE_SHIFTS, lunch=12.5, weekend=0.6),
        connectors=_connectors("shop", "sea-carrier", pace=0.9),
        order_to_ship=Spread(2.9 * 3600, 0.3),
        exception_ratio=0.017,
        label_failure_ratio=0.007,
    ),
    DemoSite(
        id="lyon",
        label="LYS",
        name="Lyon",
        timezone="Europe/Paris",
        phase="wave-1",
        peak_orders_per_second=1.9,
        rhythm=Rhythm(_TWO_SHIFTS, lunch=12.75, weekend=0.6),
        connectors=_connectors("shop", "parcel-carrier", pace=1.2),
        order_to_ship=Spread(2.4 * 3600, 0.4),
        exception_ratio=0.013,
        label_failure_ratio=0.01,
    ),
    DemoSite(
        id="madrid",
        label="MAD",
        name="Madrid",
        timezone="Europe/Madrid",
        phase="wave-2",
        peak_orders_per_second=2.1,
        rhythm=Rhythm(_TWO_SHIFTS, lunch=14.5, weekend=0.6),
        connectors=_connectors("shop", "road-carrier", pace=1.15),
        order_to_ship=Spread(2.7 * 3600, 0.35),
        exception_ratio=0.016,
        label_failure_ratio=0.009,
    ),
    DemoSite(
        id="milano",
        label="MXP",
        name="Milano",
        timezone="Europe/Rome",
        phase="wave-2",
        peak_orders_per_second=2.0,
        rhythm=Rhythm(_LONG_DAY, lunch=13.0, night=0.32, weekend=0.6),
        connectors=_connectors("shop", "road-carrier", pace=1.05),
        order_to_ship=Spread(2.3 * 3600, 0.35),
        exception_ratio=0.012,
        label_failure_ratio=0.008,
    ),
)
