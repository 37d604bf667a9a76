"""The rollout plan as values: phases in order, sites in phases, sources, people's rights and delays."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.change import ChangeRecord
from stopwatch.core.phase import CheckpointPlan, HypercarePlan, Phase, RollbackPlan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.freeze import Freeze
    from stopwatch.core.kpi import Kpi, KpiId, PhaseId, RuleId, SiteId
    from stopwatch.core.rule import StopRule

DEFAULT_SOURCE = "default"
WIDE_ALL = "_all"
UNUSABLE_RULES = "unusable"
"""The revision of a rule set that is the plan alone, because its rules cannot be used."""


@dataclass(frozen=True, slots=True)
class Site:
    """
    One warehouse.

    *label* is its value of the site label in Prometheus, *go_live* the planned time, *source* the name of its
    Prometheus, *timezone* an IANA name. *contacts* say by role or word whom to reach, *links* where to read on.
    """

    id: SiteId
    name: str
    phase: PhaseId
    timezone: str
    label: str
    go_live: datetime | None = None
    source: str = DEFAULT_SOURCE
    channel: str | None = None
    on_call: str | None = None
    dashboards: tuple[str, ...] = ()
    contacts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """
    A named Prometheus; *url* None means the setting ``PROMETHEUS_URL``; *headers* may carry tenants.

    *token_file*, or *user* with *password_file*, say where the credentials lie: the plan itself holds none.
    """

    name: str
    url: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    token_file: str | None = None
    user: str | None = None
    password_file: str | None = None


@dataclass(frozen=True, slots=True)
class SlackPlan:
    """Where messages go besides the default channel, and who may act from Slack (empty = nobody)."""

    fallback_channel: str | None = None
    groups: tuple[str, ...] = ()
    rights: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EscalationPlan:
    """When an unanswered decision becomes louder, counted from its opening."""

    broadcast: timedelta = timedelta(minutes=5)
    notifier: timedelta = timedelta(minutes=10)
    second_group: timedelta = timedelta(minutes=20)
    repeat: timedelta = timedelta(minutes=15)
    undelivered: timedelta = timedelta(seconds=60)
    undecided: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """How long an ambiguous post settles before it is looked up, and when sent messages are swept for extra copies."""

    settle: timedelta = timedelta(seconds=10)
    sweep: tuple[timedelta, ...] = (timedelta(seconds=30), timedelta(minutes=5))


@dataclass(frozen=True, slots=True)
class AlertsPlan:
    """Which labels of an Alertmanager alert name the site and the criterion."""

    site_label: str = "site"
    criterion_label: str = "criterion"


@dataclass(frozen=True, slots=True)
class Stakeholders:
    """Who is told at each gate: the channel of the summaries (None: the default one), and names for the record."""

    channel: str | None = None
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """
    The rollout plan: everything of ``rollout.yaml``.

    *roles* are those that may sign, empty for any. *timezone* is the one of the plan's own times (the checkpoint's);
    *contacts* and *links* hold for every site beside its own.
    """

    rollout: str
    phases: tuple[Phase, ...]
    sites: Mapping[SiteId, Site]
    sources: Mapping[str, SourcePlan]
    slack: SlackPlan = SlackPlan()
    escalation: EscalationPlan = EscalationPlan()
    delivery: DeliveryPlan = DeliveryPlan()
    alerts: AlertsPlan = AlertsPlan()
    override_max: timedelta = timedelta(hours=4)
    change: ChangeRecord = field(default_factory=ChangeRecord)
    rollback: RollbackPlan = field(default_factory=RollbackPlan)
    checkpoint: CheckpointPlan | None = None
    hypercare: HypercarePlan = field(default_factory=HypercarePlan)
    freezes: tuple[Freeze, ...] = ()
    roles: tuple[str, ...] = ()
    stakeholders: Stakeholders = Stakeholders()
    timezone: str = "UTC"
    contacts: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    def phase(self, phase_id: PhaseId) -> Phase | None:
        """Return the phase of that id, if the plan has it."""
        return next((phase for phase in self.phases if phase.id == phase_id), None)

    def phase_order(self, phase_id: PhaseId) -> int:
        """
        Return the place of a phase in the plan, 0 first.

        Raises:
            ValueError: The plan has no such phase.

        """
        return [phase.id for phase in self.phases].index(phase_id)

    def by_itself(self, site: SiteId) -> bool:
        """Tell whether the plan activates *site* at its go-live: its phase demands no readiness items."""
        phase = self.phase(self.sites[site].phase)
        return self.sites[site].go_live is not None and phase is not None and not phase.demands_readiness

    def covered(self, scope: str) -> tuple[SiteId, ...]:
        """Return the sites a decision of *scope* pauses: the site itself, a phase's sites, or all."""
        if scope == WIDE_ALL:
            return tuple(self.sites)
        wide = next((phase.sites for phase in self.phases if scope == wide_scope(phase.id)), None)
        if wide is not None:
            return wide
        return tuple(site for site in self.sites if site == scope)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """
    Everything that was loaded together: all of it or none of it.

    *rules* holds per site, in file order, the stop rules that apply there with overrides merged. *revision* is the
    SHA-256 of the files' bytes.
    """

    plan: Plan
    kpis: Mapping[KpiId, Kpi]
    rules: Mapping[SiteId, tuple[StopRule, ...]]
    revision: str

    def rule(self, site: SiteId, rule: RuleId) -> StopRule | None:
        """Return the rule of that id at *site*, if it applies there."""
        return next((candidate for candidate in self.rules.get(site, ()) if candidate.id == rule), None)


def wide_scope(phase: PhaseId | None) -> str:
    """Return the scope of a wide manual stop: ``_<phase>``, or ``_all`` without a phase."""
    return WIDE_ALL if phase is None else f"_{phase}"
