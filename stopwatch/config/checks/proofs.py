"""An exit gate proves a KPI by failures of attempts; one of them alone proves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.node import Fields
    from stopwatch.core.kpi import Kpi


def check_proofs(kpi: Kpi, item: Fields, found: Complaints) -> None:
    """Complain where the mapping *item* has one of ``failures`` and ``attempts`` without the other."""
    if (kpi.failures is None) == (kpi.attempts is None):
        return
    present, absent = ("failures", "attempts") if kpi.attempts is None else ("attempts", "failures")
    message = f"{present} without {absent} proves nothing"
    found.add(item.entries[present].key.complaint("half-a-proof", message, f"add {absent}: …"))
