"""Prints how long the answer of one range query takes to become floats: ``python -m tests.bench.parse_answer``."""

import time
from datetime import timedelta

import orjson

from stopwatch.core.grid import Grid, SlotRange
from stopwatch.core.kpi import SiteId
from stopwatch.core.reading import Query
from stopwatch.prometheus.parse import parse_matrix

SHAPES = [(1_000, 1), (1_000, 15), (10, 10_000), (1_000, 150)]
RUNS = 15


def body(sites: int, slots: SlotRange, *, gaps: bool) -> bytes:
    """An answer as Prometheus writes it; with *gaps* every series lacks its tenth point."""
    instants = [slot * 60 for slot in range(slots.first, slots.last + 1)]
    found = [
        {
            "metric": {"site": f"site-{site:04}"},
            "values": [
                [instant, repr(0.01 + site / 977)]
                for place, instant in enumerate(instants)
                if not (gaps and place == min(9, len(instants) - 1))
            ],
        }
        for site in range(sites)
    ]
    return orjson.dumps({"status": "success", "data": {"resultType": "matrix", "result": found}})


def main() -> None:
    """Print the least CPU time of several runs, for the whole and for orjson's part of it."""
    for sites, count in SHAPES:
        query = Query("x", "site", {f"site-{site:04}": SiteId(f"site-{site:04}") for site in range(sites)})
        slots = SlotRange(Grid(timedelta(minutes=1)), 29_700_000, 29_700_000 + count - 1)
        for gaps in (False, True) if count > 1 else (False,):
            content = body(sites, slots, gaps=gaps)
            whole, json = [], []
            for _ in range(RUNS):
                start = time.process_time()
                orjson.loads(content)
                middle = time.process_time()
                parse_matrix(content, query, slots)
                json.append(middle - start)
                whole.append(time.process_time() - middle)
            shape = f"{sites:>5} sites x {count:>6} slots{' with gaps' if gaps else ''}"
            size = f"{len(content) / 1024:8.0f} KiB"
            print(f"{shape:<38}{size}  whole {1e3 * min(whole):7.2f} ms  orjson {1e3 * min(json):7.2f} ms")  # noqa: T201 -- prints its table


if __name__ == "__main__":
    main()
