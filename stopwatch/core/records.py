"""What is written down beside decisions: states, progress, activations, unjudged spans, audit entries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.decision import DecisionId
    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.state import RuleState


class ProgressKey(NamedTuple):
    """What progress is counted for: one query (SHA-256 of expression and label) at one source on one grid."""

    source: str
    query: str
    step_seconds: int
    eval_delay_seconds: int


@dataclass(frozen=True, slots=True)
class StateRow:
    """
    The state of one rule at one site as of slot instant *as_of*.

    Later slots up to the progress of *queries* were folded without changing it. *reported* is the word people see.
    """

    rollout: str
    site: SiteId
    rule: RuleId
    state: RuleState
    as_of: datetime
    rule_hash: str
    reported: str
    queries: tuple[ProgressKey, ...]


@dataclass(frozen=True, slots=True)
class Activation:
    """A site's go-live: when, which version, who recorded it."""

    rollout: str
    site: SiteId
    at: datetime
    actor: str
    recorded_at: datetime
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Unjudged:
    """Slots of one rule at one site, both ends included, that were too old to be caught up."""

    rollout: str
    site: SiteId
    rule: RuleId
    first: datetime
    last: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """
    One write by a person or by the daemon.

    *actor* is ``cli:<user>``, ``api:<token name>``, ``slack:<user id>``, ``plan:<hash>`` or ``daemon``; *transport* is
    cli, api, slack or daemon. *details* holds JSON values and never a secret.
    """

    at: datetime
    actor: str
    transport: str
    act: str
    decision: DecisionId | None = None
    rev_before: int | None = None
    rev_after: int | None = None
    reason: str | None = None
    evidence: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)


def folded_to(
    row: StateRow, progress: Mapping[ProgressKey, datetime], behind: Mapping[tuple[ProgressKey, SiteId], datetime]
) -> datetime:
    """Return up to which slot instant a stored rule was folded: its own row's, or its queries' progress since."""
    reached = [behind.get((key, row.site), progress.get(key)) for key in row.queries]
    known = [instant for instant in reached if instant is not None]
    return max(row.as_of, min(known)) if known and len(known) == len(reached) else row.as_of
