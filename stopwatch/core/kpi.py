"""What a KPI is: a query that yields one number per site, its unit, and which way is better."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NewType

SiteId = NewType("SiteId", str)
PhaseId = NewType("PhaseId", str)
RuleId = NewType("RuleId", str)
KpiId = NewType("KpiId", str)

_QUANTILE = re.compile(r"histogram_quantile\s*\(\s*(\d*\.?\d+(?:[eE][-+]?\d+)?)\s*,")


class Unit(StrEnum):
    """Base units only; ``ratio`` is 0…1, never percent."""

    RATIO = "ratio"
    SECONDS = "seconds"
    COUNT = "count"
    PER_SECOND = "per_second"


class Better(StrEnum):
    """Which direction is good for the business."""

    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class Kpi:
    """
    One KPI of ``kpis.yaml``.

    *query*, *volume*, *failures* and *attempts* are PromQL expressions that yield one series per site, told apart by
    the label *site_label*. *volume* is how many events stand behind one value, for the volume guard.
    """

    id: KpiId
    title: str
    unit: Unit
    better: Better
    query: str
    volume: str | None = None
    site_label: str = "site"
    required: bool = True
    quantile: Decimal | None = None
    failures: str | None = None
    attempts: str | None = None

    @property
    def percentile(self) -> Decimal | None:
        """The quantile p of a percentile KPI: as written, else the literal first argument of ``histogram_quantile``."""
        if self.quantile is not None:
            return self.quantile
        found = _QUANTILE.search(self.query)
        return Decimal(found.group(1)) if found else None
