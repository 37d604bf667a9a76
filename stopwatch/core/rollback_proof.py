"""Whether the evidence of a roll-back's verdict proves it: every slot is classed and the clock is run anew."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.baseline_comparison import Band
from stopwatch.core.grid import Grid
from stopwatch.core.kpi import Better
from stopwatch.core.rollback_clock import ClockTerms, Outcome, letters, run_clock
from stopwatch.core.written import instant_of, numbers_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

ROLLBACK = "rollback-verdict"
"""The *kind* of a bundle that holds what a roll-back's verdict was judged by."""


def verify_rollback(bundle: Mapping[str, object]) -> list[str]:
    """
    Compute the classes of the slots and the verdict anew from a bundle's values and limits; return what differs.

    A verdict may come later than the clock alone says, where a rule was folded beyond it; a new ground may flag it.

    Raises:
        KeyError, TypeError, ValueError: The bundle cannot be read.

    """
    conditions = bundle["conditions"]
    if not isinstance(conditions, list):
        raise TypeError("conditions is no list")
    classes = letters(
        [Band(Better(each["better"]), float(each["limit"])) for each in conditions],
        [numbers_of(each["values"]) for each in conditions],
    )
    found = []
    if classes.decode() != bundle["classes"]:
        found.append("the values and limits give other classes than the bundle says")
    grid = Grid(timedelta(seconds=float(str(bundle["step_seconds"]))))
    spans = (timedelta(seconds=float(str(bundle[name]))) for name in ("hold_seconds", "within_seconds"))
    terms = ClockTerms(instant_of(bundle["rolled_back_at"]), *spans)
    if grid.at_or_after(instant_of(bundle["first_slot"])) != grid.at_or_after(terms.rolled_back_at):
        found.append("the first slot is not the one after the roll-back")
    return found + _verify_verdict(bundle, terms, grid, classes)


def _verify_verdict(bundle: Mapping[str, object], terms: ClockTerms, grid: Grid, classes: bytes) -> list[str]:
    clock, verdict = run_clock(terms, grid, classes)
    computed = verdict.outcome.value if verdict is not None else "open"
    if bundle["outcome"] != Outcome.FLAGGED and computed != bundle["outcome"]:
        return [f"the clock gives {computed}, the bundle says {bundle['outcome']}"]
    if bundle["outcome"] == Outcome.FLAGGED:
        grounds = bundle["grounds"]
        fresh = [
            one for one in (grounds if isinstance(grounds, list) else ()) if _opened_after(one, terms.rolled_back_at)
        ]
        return [] if computed == Outcome.FLAGGED or fresh else [f"the clock gives {computed}, and no ground flags it"]
    found = []
    if verdict is not None and instant_of(bundle["at"]) < verdict.at:
        found.append("it was verified before the KPIs had been inside the band for long enough")
    inside = instant_of(bundle["inside_since"])
    if clock.inside_since != inside:
        found.append("the KPIs were inside the band from another slot on than the bundle says")
    return found


def _opened_after(ground: Mapping[str, object], instant: datetime) -> bool:
    return instant_of(ground["opened_at"]) > instant
