"""What an exit gate is made of: verdicts, checks with their numbers, and what was seen of each rule and KPI."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

    from stopwatch.core.exit.confidence import Bounds
    from stopwatch.core.exit.stretch import Tally
    from stopwatch.core.kpi import KpiId, RuleId, SiteId


class GateVerdict(StrEnum):
    """``fail`` where something bad is known, ``not_provable`` where something is missing; fail wins."""

    PASS = "pass"  # noqa: S105 -- a verdict, no password
    NOT_PROVABLE = "not_provable"
    FAIL = "fail"

    @property
    def words(self) -> str:
        """The verdict as it is read aloud."""
        return self.value.replace("_", " ")


@dataclass(frozen=True, slots=True)
class Check:
    """
    One demand of the gate and how it came out.

    *code* is its stable name, *text* says with numbers what was found, *wants* what is missing to pass (None: nothing).
    *value* and *limit* are the numbers behind the text, in base units, where there is one of each.
    """

    code: str
    verdict: GateVerdict
    text: str
    wants: str | None = None
    site: SiteId | None = None
    rule: RuleId | None = None
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class RuleOver:
    """
    One rule at one site over the observation window.

    *record* and *hash* are the resolved rule's. *tally* is None where it could not be judged, for the reason *failure*.
    *observed* rules (mode observe) are shown and decide nothing. *kpis* are those it reads.
    """

    site: SiteId
    rule: RuleId
    kpis: tuple[KpiId, ...]
    observed: bool = False
    tally: Tally | None = None
    failure: str | None = None
    hash: str | None = None


@dataclass(frozen=True, slots=True)
class KpiOver:
    """
    One KPI at one site over the observation window, in disjoint windows.

    *volume* is the total number of events, None where it is not known. *proof* is what failures and attempts prove,
    None where nothing is proven, for the reason *unproven*.
    """

    site: SiteId
    kpi: KpiId
    title: str
    volume: float | None = None
    proof: Bounds | None = None
    unproven: str | None = None


def worst(checks: Iterable[Check]) -> GateVerdict:
    """Return the verdict of all *checks* together: the worst of them."""
    order = list(GateVerdict)
    return max((check.verdict for check in checks), key=order.index, default=GateVerdict.NOT_PROVABLE)


def percent(share: float, beside: float | None = None) -> str:
    """Write a share of 0…1 so that it is not rounded to all or nothing, nor to the other share *beside* it."""
    for digits in range(1, 6):
        text = f"{100 * share:.{digits}f}"
        whole = float(text) in {0.0, 100.0} and share not in {0.0, 1.0}
        if not whole and (beside in {None, share} or text != f"{100 * (beside or 0.0):.{digits}f}"):
            return f"{text} %"
    return f"{100 * share:.3g} %"


def minute(instant: datetime) -> str:
    """Write an instant as people read it in tables: ``2026-11-21 10:15Z``."""
    return f"{instant:%Y-%m-%d %H:%M:%S}Z" if instant.second else f"{instant:%Y-%m-%d %H:%M}Z"


def days(span: timedelta) -> str:
    """Write a length of time with its two largest units: ``10 d``, ``2 h 05 min``, ``40 s``."""
    seconds = round(span.total_seconds())
    whole, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, rest = divmod(rest, 60)
    if whole:
        return f"{whole} d {hours} h" if hours else f"{whole} d"
    if hours:
        return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"
    if minutes:
        return f"{minutes} min {rest:02} s" if rest else f"{minutes} min"
    return f"{rest} s"
