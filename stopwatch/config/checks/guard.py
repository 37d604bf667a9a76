"""A volume guard needs a query for the volume, and a ratio or percentile needs a guard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.kpi import Unit

if TYPE_CHECKING:
    from stopwatch.config.merge import Teller
    from stopwatch.config.rule_model import VolumeModel
    from stopwatch.core.kpi import Kpi


def check_guard(teller: Teller, kpi: Kpi, volume: VolumeModel | None, at: tuple[str | int, ...]) -> None:
    """Complain of a guard without a query; warn of a ratio or percentile without a guard. *at* is the condition."""
    if volume is not None and kpi.volume is None:
        hint = "add `volume:` to the KPI: a query for how many events stand behind a value"
        message = f"a volume guard needs the volume query of {kpi.id}"
        teller.error("volume-query-missing", message, hint, (*at, "volume"))
    if volume is None and (kpi.unit is Unit.RATIO or kpi.percentile is not None):
        message = f"{kpi.id} is judged however few events stand behind a value"
        hint = "add volume: {auto: true} or {min: 50}, so that one failure at night stops nobody"
        teller.warning("volume-missing", message, hint, (*at, "threshold"))
