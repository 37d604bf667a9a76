"""A KPI that calls its percentile otherwise than its query does is guarded by the wrong volume."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Fields
    from stopwatch.core.kpi import Kpi


def check_quantile(kpi: Kpi, item: Fields, found: Complaints) -> None:
    """Warn where the *quantile* of the mapping *item* is not that of its query's ``histogram_quantile``."""
    asked = replace(kpi, quantile=None).percentile
    if kpi.quantile is not None and asked is not None and kpi.quantile != asked:
        message = f"quantile is {kpi.quantile}, but the query asks for {asked}"
        hint = f"write quantile: {asked}, or leave it out: it is then read from the query"
        place = item.entries["quantile"].value.place
        found.add(place.complaint("quantile-differs", message, hint, severity=Weight.WARNING))
