"""One site of a test of stop rules, told without a file, and how its states are spelt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal

from stopwatch.core.kpi import KpiId, RuleId, SiteId
from stopwatch.core.rule import Combine, Criterion, Op, Statistic, StopRule
from stopwatch.core.state import Reported
from stopwatch.core.window import Window
from stopwatch.watch.trial.run import Course, run_site

V, R, A = KpiId("v"), RuleId("r"), SiteId("a")
MINUTE = timedelta(minutes=1)
LETTERS = {"B": 9.0, "C": 1.0, "M": math.nan}
NAMES = {
    Reported.OK: "o",
    Reported.PENDING: "p",
    Reported.BREACHED: "B",
    Reported.RECOVERING: "r",
    Reported.NO_DATA: "n",
    Reported.ERROR: "e",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One site as a test file would tell it."""

    rules: Sequence[StopRule]
    values: Mapping[KpiId, Sequence[float]] = field(default_factory=dict)
    volumes: Mapping[KpiId, Sequence[float]] = field(default_factory=dict)
    failures: Sequence[int] = ()
    baselines: Mapping[tuple[KpiId, Statistic], float] = field(default_factory=dict)
    site: SiteId = A


def stop_rule(**changes: object) -> StopRule:
    """``v > 5`` in three slots of three, judged every minute, with *changes* to any field."""
    criterion = Criterion(V, Op.ABOVE, Decimal(5))
    rule = StopRule(R, Combine.ONE, (criterion,), Window(3, 3), recover_slots=2, error_after=2)
    return replace(rule, **changes)  # type: ignore[arg-type] # field names are checked by replace itself


def letters(text: str) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Read B, C and M as values; E is a failed evaluation before the next of them."""
    failures, values = [0], []
    for letter in text:
        if letter == "E":
            failures[-1] += 1
        else:
            values.append(LETTERS[letter])
            failures.append(0)
    return tuple(values), tuple(failures)


def course(rule: StopRule, text: str, *, activated: timedelta = timedelta(0), length: int | None = None) -> Course:
    """Run *rule* over the slots that *text* spells."""
    values, failures = letters(text)
    slots = len(values) if length is None else length
    told = Told([rule], {V: values}, failures=failures)
    return run_site(told, length=slots, activated=activated, kpis={}, wanted={R: range(slots)})[R]


def spelt(found: Course) -> str:
    """One letter a slot: o(k) p(ending) B(reached) r(ecovering) n(o data) e(rror)."""
    return "".join(NAMES[found.moments[slot].state] for slot in sorted(found.moments))
