"""How a KPI went lately at a site, as one condition of a rule sees it: what a small picture beside its limit shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.kpi import KpiId


@dataclass(frozen=True, slots=True)
class Course:
    """
    The newest values of one condition at one site, in the KPI's unit, oldest first, NaN where there is no point.

    *breaching* says of each whether it breaches; a value without the volume it needs does not. *threshold* is None
    while the limit is not known.
    """

    kpi: KpiId
    threshold: float | None
    values: Sequence[float]
    breaching: Sequence[bool]
