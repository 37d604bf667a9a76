"""The conditions of a rule: model to core value, with everything that can be wrong between KPI, limit and guard."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from stopwatch.config.checks.direction import check_direction
from stopwatch.config.checks.guard import check_guard
from stopwatch.config.checks.recovery import check_recovery
from stopwatch.config.checks.unit_range import check_unit_range
from stopwatch.config.rule_model import BaselineModel
from stopwatch.config.validate import nearest_hint, shown
from stopwatch.core.kpi import KpiId
from stopwatch.core.resolve import auto_volume
from stopwatch.core.rule import AutoVolume, BaselineThreshold, Criterion, FixedVolume

if TYPE_CHECKING:
    from stopwatch.config.kpis import KpiBook
    from stopwatch.config.merge import Teller
    from stopwatch.config.rule_model import VolumeModel
    from stopwatch.core.kpi import Kpi
    from stopwatch.core.rule import Op, Threshold

Path = tuple[str | int, ...]


class CriterionReader:
    """
    Turns one condition into a core value.

    *book* is what is known about KPIs. *at* leads to the condition in the rule, *recover_at* to its recovery threshold.
    """

    def __init__(self, teller: Teller, book: KpiBook, *, at: Path, recover_at: Path) -> None:
        """Read what lies at *at* of the teller's rule."""
        self._teller = teller
        self._book = book
        self._at = at
        self._recover_at = recover_at

    def read(
        self,
        kpi_name: str,
        op: Op,
        threshold: Decimal | BaselineModel,
        recover: Decimal | BaselineModel | None,
        volume: VolumeModel | None,
    ) -> Criterion:
        """Return the condition; complaints go to the teller."""
        kpi_id = KpiId(kpi_name)
        limit = self._limit(threshold, op, self._path("threshold"))
        again = None if recover is None else self._limit(recover, op, self._recover_at)
        recovery = (self._recover_at, self._path("threshold"), self._path("op"))
        check_recovery(self._teller, op, limit, again, *recovery)
        guard = self._guard(kpi_id, volume, limit)
        kpi = self._known(kpi_id)
        if kpi is not None:
            check_unit_range(self._teller, kpi, limit, self._path("threshold"))
            check_unit_range(self._teller, kpi, again, self._recover_at)
            check_direction(self._teller, kpi, op, self._path("op"))
            if not self._book.inline:
                check_guard(self._teller, kpi, volume, self._at)
        return Criterion(kpi_id, op, limit, again, guard)

    def _path(self, key: str) -> Path:
        return (*self._at, key)

    def _known(self, kpi_id: KpiId) -> Kpi | None:
        kpi = self._book.kpis.get(kpi_id)
        if kpi is None and not self._book.inline and not self._book.doubtful(kpi_id):
            hint = nearest_hint(kpi_id, list(self._book.kpis)) or "add it to kpis.yaml"
            self._teller.error("unknown-kpi", f"no KPI has the id {shown(kpi_id)}", hint, self._path("kpi"))
        return kpi

    def _limit(self, written: Decimal | BaselineModel, op: Op, path: Path) -> Threshold:
        if not isinstance(written, BaselineModel):
            return written
        if op.upward and written.ceiling is not None:
            hint = f"with {op.value} the limit may have a floor"
            self._teller.error("wrong-bound", "a ceiling goes with < and <= only", hint, (*path, "ceiling"))
        if not op.upward and written.floor is not None:
            hint = f"with {op.value} the limit may have a ceiling"
            self._teller.error("wrong-bound", "a floor goes with > and >= only", hint, (*path, "floor"))
        bound = written.floor if op.upward else written.ceiling
        return BaselineThreshold(written.baseline, written.factor, bound)

    def _guard(self, kpi: KpiId, volume: VolumeModel | None, limit: Threshold) -> AutoVolume | FixedVolume | None:
        if volume is None:
            return None
        path = self._path("volume")
        if (volume.auto is None) == (volume.min is None):
            self._teller.error("volume-form", "volume wants either auto or min", "{auto: true} or {min: 50}", path)
            return None
        if volume.min is not None:
            return FixedVolume(volume.min)
        self._check_auto(kpi, limit, path)
        return AutoVolume()

    def _check_auto(self, kpi: KpiId, limit: Threshold, path: Path) -> None:
        if kpi not in self._book.kpis:
            if self._book.inline:
                hint = "give kpis: [{id, unit, better, …}] beside the rules, or a fixed {min: …}"
                self._teller.error("auto-volume", f"volume auto needs to know the KPI {shown(kpi)}", hint, path)
            return
        try:
            auto_volume(self._book.kpis, kpi, Fraction(limit) if isinstance(limit, Decimal) else Fraction(1, 2))
        except ValueError as error:
            hint = "give a fixed minimum instead: {min: 50}"
            self._teller.error("auto-volume", str(error), hint, path, self._path("threshold"))
