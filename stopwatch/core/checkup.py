"""What a check of the live world finds: findings with what to do, and a cell for every rule at every site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Weight(StrEnum):
    """Errors keep a rollout from being watched; warnings may have a good reason."""

    ERROR = "error"
    WARNING = "warning"
    GOOD = "good"

    @property
    def rank(self) -> int:
        """Errors first."""
        return list(Weight).index(self)


@dataclass(frozen=True, slots=True)
class Finding:
    """
    One thing that is wrong: *code* is stable, *hint* says what to do.

    *source*, *kpi*, *site* and *rule* say where, as far as it is about one of them.
    """

    code: str
    weight: Weight
    message: str
    hint: str = ""
    source: str = ""
    kpi: str = ""
    site: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """
    How well one rule can see one site.

    *series* is the most series that the site had at one instant of the last window. *now* says whether the newest slot
    has data; *got* of the window's *wanted* slots have. Of the past, *missing* and *low* are the shares (0 to 1) of
    slots without data and with too little volume. *usual* is the volume that nine of ten moments stay below, *least*
    what the guard demands. None is unknown, or does not apply.
    """

    site: str
    rule: str
    weight: Weight
    series: int | None = None
    now: bool | None = None
    got: int | None = None
    wanted: int | None = None
    missing: float | None = None
    low: float | None = None
    usual: float | None = None
    least: float | None = None


@dataclass(frozen=True, slots=True)
class SourceState:
    """One Prometheus: *version* is None if it did not tell, *skew* its clock minus ours."""

    name: str
    url: str
    version: str | None
    skew: timedelta | None


@dataclass(frozen=True, slots=True)
class Checkup:
    """Everything that was found, worst first."""

    sources: tuple[SourceState, ...] = ()
    cells: tuple[Cell, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(finding.weight is Weight.ERROR for finding in self.findings)

    def merged(self, other: Checkup) -> Checkup:
        """Return both as one, worst first, otherwise in the order found."""
        return Checkup(
            self.sources + other.sources,
            tuple(sorted(self.cells + other.cells, key=lambda cell: cell.weight.rank)),
            tuple(sorted(self.findings + other.findings, key=lambda finding: finding.weight.rank)),
            self.notes + other.notes,
        )
