"""Which decisions somebody wants to see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.decision import DecisionState, GroundKind
    from stopwatch.core.kpi import PhaseId, SiteId


@dataclass(frozen=True, slots=True)
class Selection:
    """
    Decisions that fit in every respect; None is any.

    *site* matches the scope or any ground's site, *kind* any ground's. *since* and *until* bound the opening, the
    latter is not included.
    """

    state: DecisionState | None = None
    live: bool | None = None
    drill: bool | None = None
    site: SiteId | None = None
    phase: PhaseId | None = None
    kind: GroundKind | None = None
    since: datetime | None = None
    until: datetime | None = None
