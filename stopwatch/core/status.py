"""How everything stands after the newest evaluation: one immutable picture for board, API and gauges."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.decision import DecisionId, GroundKind
    from stopwatch.core.exit.check import GateVerdict
    from stopwatch.core.kpi import Kpi, KpiId, PhaseId, RuleId, SiteId
    from stopwatch.core.rule import Statistic, StopRule
    from stopwatch.core.sample import Absence
    from stopwatch.core.state import Reported


@dataclass(frozen=True, slots=True)
class RuleStatus:
    """
    One rule at one site; None wherever a number is not known.

    *reason* says why data are missing while *state* is ``no_data``. *value* and *threshold* are in the KPI's unit and
    None for rules of several conditions. *breaching_slots* of *required_slots* is how far the window has filled,
    *coverage* the share (0…1) of its slots that hold a number. *written* is the rule as it applies to the site.
    """

    rule: RuleId
    state: Reported
    reason: Absence | None = None
    pending_since: datetime | None = None
    value: float | None = None
    newest_slot: datetime | None = None
    threshold: float | None = None
    pending_seconds: float | None = None
    breaching_slots: int | None = None
    required_slots: int | None = None
    coverage: float | None = None
    written: StopRule | None = None


@dataclass(frozen=True, slots=True)
class SiteStatus:
    """
    One site of the plan.

    *state* is the worst state of its rules, None before the first evaluation. *paused* and *decision* speak of the live
    decision that covers the site: its own, else a wide stop's. *values* and *volumes* hold the newest value of each KPI
    that has one, *unacknowledged_since* when that decision came to wait for an answer, *opened* how many decisions were
    ever opened at the site by the kind of their first ground. *blind* says that a rule of it cannot be judged,
    *baselines* holds its frozen numbers.
    """

    site: SiteId
    phase: PhaseId
    state: Reported | None = None
    paused: bool = False
    decision: DecisionId | None = None
    rules: tuple[RuleStatus, ...] = ()
    unacknowledged_since: datetime | None = None
    opened: Mapping[GroundKind, int] = field(default_factory=dict)
    blind: bool = False
    baselines: Mapping[tuple[KpiId, Statistic], float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WideStops:
    """How many wide stops of one scope were ever opened, by the kind of their first ground; *phase* None stops all."""

    scope: str
    phase: PhaseId | None
    opened: Mapping[GroundKind, int]


@dataclass(frozen=True, slots=True)
class GateStatus:
    """A phase's newest judgement: what it was, when, and what a person made of it (*go* None: nothing yet)."""

    phase: PhaseId
    verdict: GateVerdict
    judged_at: datetime
    go: bool | None = None


@dataclass(frozen=True, slots=True)
class StatusView:
    """
    All sites of the plan, in its order, as of *last_evaluation* (None: none has ended yet); KPIs and wide stops.

    *gates* holds the phases of the plan that were ever judged.
    """

    sites: tuple[SiteStatus, ...] = ()
    last_evaluation: datetime | None = None
    kpis: tuple[Kpi, ...] = ()
    wide: tuple[WideStops, ...] = ()
    gates: tuple[GateStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class OutboxStatus:
    """
    What waits to be sent.

    *pending* counts rows by notifier, *unknown* those that may have arrived, *oldest* is when the oldest of both was
    created. *slack_up* is None while Slack is switched off.
    """

    pending: Mapping[str, int] = field(default_factory=dict)
    unknown: int = 0
    oldest: datetime | None = None
    slack_up: bool | None = None


@dataclass(frozen=True, slots=True)
class Role:
    """*role* of a replica (``leader`` or ``follower``), who the *leader* is, and whether the *database* is ``up``."""

    role: str
    leader: str
    database: str


def worst(rules: tuple[RuleStatus, ...]) -> Reported | None:
    """Return the worst state among *rules*, None without any."""
    return max({rule.state for rule in rules}, key=lambda state: state.rank, default=None)


def unwatched_words(go_live: datetime | None, now: datetime) -> str:
    """Say why a site of the plan has no state: it is not live yet, nobody planned when, or nothing was judged yet."""
    if go_live is None:
        return "no go-live is planned"
    if go_live > now:
        return f"goes live {go_live.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return "not evaluated yet"
