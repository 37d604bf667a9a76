"""KPIs held against a baseline: how much they changed, whether that is within the band, and in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from stopwatch.core.kpi import Better

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from stopwatch.core.baseline import KpiFigures
    from stopwatch.core.kpi import Kpi, KpiId


@dataclass(frozen=True, slots=True)
class Band:
    """Where a KPI counts as back: up to *limit*, or, where higher is better, from *limit* on; in the KPI's unit."""

    better: Better
    limit: float

    def holds(self, value: float) -> bool:
        """Tell whether *value* lies inside; NaN never does."""
        return value <= self.limit if self.better is Better.LOWER else value >= self.limit


def band_of(better: Better, median: float, band: Decimal) -> Band:
    """Return the band around a baseline's *median*: median × *band*, or median ÷ *band* where higher is better."""
    exact, factor = Fraction(repr(median)), Fraction(band)
    return Band(better, float(exact * factor if better is Better.LOWER else exact / factor))


@dataclass(frozen=True, slots=True)
class Compared:
    """
    One KPI now and in the baseline, in its unit; None wherever a number is not known.

    *ratio* is now's median ÷ the baseline's; None where that is zero. *inside* tells whether now's median lies within
    the band of a roll-back.
    """

    kpi: Kpi
    before: KpiFigures | None
    now: KpiFigures
    ratio: float | None
    inside: bool | None

    @property
    def median_before(self) -> float | None:
        """The baseline's median."""
        return self.before.median if self.before is not None else None

    @property
    def p90_before(self) -> float | None:
        """The baseline's p90."""
        return self.before.p90 if self.before is not None else None

    @property
    def worse(self) -> float | None:
        """How many times worse now's median is than the baseline's (below 1: better); None where none can be told."""
        if self.ratio is None or (self.ratio == 0 and self.kpi.better is Better.HIGHER):
            return None
        return self.ratio if self.kpi.better is Better.LOWER else 1 / self.ratio

    @property
    def words(self) -> str:
        """What there is to say about it, in a few words."""
        if self.median_before is None:
            return "the baseline does not hold it"
        if self.now.median is None:
            return f"cannot be told: {self.now.why}"
        where = "within the band" if self.inside else "OUTSIDE the band"
        if self.now.median == self.median_before:
            return f"as before, {where}"
        if self.ratio is not None and f"{self.ratio:.2f}" == "1.00":
            return f"nearly as before, {where}"
        better = (self.now.median < self.median_before) is (self.kpi.better is Better.LOWER)
        amount = f"{self.ratio:.3g} times the baseline" if self.ratio is not None else "the baseline was zero"
        return f"{'better' if better else 'worse'}: {amount}, {where}"

    def record(self) -> dict[str, object]:
        """Return it as JSON values."""
        samples = self.before.samples if self.before is not None else None
        return {
            "kpi": self.kpi.id,
            "title": self.kpi.title,
            "unit": self.kpi.unit.value,
            "better": self.kpi.better.value,
            "before": {"median": self.median_before, "p90": self.p90_before, "samples": samples},
            "now": self.now.record(),
            "ratio": self.ratio,
            "inside": self.inside,
            "words": self.words,
        }


def compare(
    kpis: Mapping[KpiId, Kpi],
    frozen: Mapping[KpiId, KpiFigures],
    now: Iterable[KpiFigures],
    *,
    band: Decimal,
) -> list[Compared]:
    """Hold each of the figures of *now* against the *frozen* ones; *band* is the plan's ``rollback.band``."""
    found = []
    for figures in now:
        kpi = kpis[figures.kpi]
        before = frozen.get(kpi.id)
        median = before.median if before is not None else None
        ratio = figures.median / median if median and figures.median is not None else None
        inside = (
            band_of(kpi.better, median, band).holds(figures.median)
            if median is not None and figures.median is not None
            else None
        )
        found.append(Compared(kpi, before, figures, ratio, inside))
    return found
