"""All simulated sites on one clock, advanced step by step: the same code makes history and the present."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

from stopwatch.demo.sites.faults import FaultBoard, FaultKind
from stopwatch.demo.sites.plan import DEMO_RATE_FACTOR, SITES, DemoSite
from stopwatch.demo.sites.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence


class Estate:
    """The warehouses, the faults that are on, and the Unix time (seconds) up to which the sites have lived."""

    def __init__(
        self,
        *,
        start: float,
        seed: int,
        sites: Sequence[DemoSite] = SITES,
        rate_factor: float = DEMO_RATE_FACTOR,
    ) -> None:
        """Open all *sites* at the Unix time *start*; the same *seed* and steps give the same counts."""
        self.now = start
        self.faults: Final = FaultBoard()
        self.warehouses: Final = tuple(
            Warehouse(site, Random(f"{seed}/{site.id}"), rate_factor=rate_factor) for site in sites
        )

    @property
    def site_ids(self) -> tuple[str, ...]:
        """The ids of all sites, in the plan's order."""
        return tuple(warehouse.site.id for warehouse in self.warehouses)

    def advance(self, to: float, *, longest_step: float = 1.0) -> None:
        """Let every site live until the Unix time *to* in steps of at most *longest_step* seconds; never backwards."""
        while self.now < to:
            step = min(longest_step, to - self.now)
            for warehouse in self.warehouses:
                strengths = self.faults.at(warehouse.site.id, now=self.now)
                warehouse.advance(self.now, step, strengths)
            # Landing on *to* exactly: adding a rounding remainder could leave a last step too small to move the clock.
            self.now = to if step < longest_step else self.now + step

    def exporting(self) -> tuple[Warehouse, ...]:
        """List the warehouses whose exporter answers now."""
        return tuple(
            warehouse
            for warehouse in self.warehouses
            if FaultKind.SILENT not in self.faults.at(warehouse.site.id, now=self.now)
        )
