"""rollout.yaml turned into the core's plan."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from stopwatch.config.checks.calendar import check_calendar
from stopwatch.config.checks.change import check_change
from stopwatch.config.checks.ids import check_ids
from stopwatch.config.checks.phases import check_phases
from stopwatch.config.checks.readiness import check_readiness
from stopwatch.config.checks.roles import check_roles
from stopwatch.config.checks.rollback import check_rollback
from stopwatch.config.checks.series_of_sites import check_series_of_sites
from stopwatch.config.checks.sources import check_sources
from stopwatch.config.node import Fields, Node, plain
from stopwatch.config.plan_model import RolloutFile, SiteModel
from stopwatch.config.plan_parts import change_of, freeze_of, phase_of
from stopwatch.config.validate import validated
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.phase import CheckpointPlan, HypercarePlan, RollbackPlan
from stopwatch.core.rollout import (
    DEFAULT_SOURCE,
    AlertsPlan,
    DeliveryPlan,
    EscalationPlan,
    Plan,
    Site,
    SlackPlan,
    SourcePlan,
    Stakeholders,
)

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.outline import Outline


def read_plan(node: Node, outline: Outline, found: Complaints) -> Plan | None:
    """
    Return the plan of the document *node*; None, with reasons in *found*, if it cannot be followed.

    What can be read of it in spite of other mistakes, its *outline*, is checked all the same.
    """
    before = found.error_count
    check_ids(node, found)
    read = validated(RolloutFile, node, found)
    check_phases(outline, found)
    sources = node.get("sources") if isinstance(node, Fields) else None
    check_series_of_sites(outline, sources, found)
    check_sources(sources, found)
    check_readiness(node, found)
    check_roles(node, found)
    check_calendar(node, outline, found)
    check_change(node, found)
    check_rollback(node, found)
    if read is None or found.error_count > before:
        return None
    written = node.get("change") if isinstance(node, Fields) else None
    return _plan(read, outline.home, {} if written is None else plain(written))


def _site(name: str, site: SiteModel, phase: str) -> Site:
    return Site(
        id=SiteId(name),
        name=site.name,
        phase=PhaseId(phase),
        timezone=site.timezone,
        label=site.label or name,
        go_live=site.go_live and site.go_live.astimezone(UTC),
        source=site.source or DEFAULT_SOURCE,
        channel=site.channel,
        on_call=site.on_call,
        dashboards=tuple(site.dashboards),
        contacts=dict(site.contacts),
        links=dict(site.links),
    )


def _plan(read: RolloutFile, home: dict[str, str], change: object) -> Plan:
    sources = {DEFAULT_SOURCE: SourcePlan(DEFAULT_SOURCE)}
    sources |= {name: SourcePlan(name, **dict(one)) for name, one in read.sources.items()}
    rights = read.slack.rights.model_dump(by_alias=True)
    return Plan(
        rollout=read.rollout,
        phases=tuple(phase_of(phase, read.exit, read.watch) for phase in read.phases),
        sites={SiteId(name): _site(name, site, home[name]) for name, site in read.sites.items()},
        sources=sources,
        slack=SlackPlan(
            fallback_channel=read.slack.fallback_channel,
            groups=tuple(read.slack.groups),
            rights={act: tuple(people) for act, people in rights.items()},
        ),
        escalation=EscalationPlan(**dict(read.escalation)),
        delivery=DeliveryPlan(read.delivery.settle, tuple(read.delivery.sweep)),
        alerts=AlertsPlan(read.alerts.site_label, read.alerts.criterion_label),
        override_max=read.override.max,
        change=change_of(read.change, change if isinstance(change, dict) else {}),
        rollback=RollbackPlan(**dict(read.rollback)),
        checkpoint=None if read.checkpoint is None else CheckpointPlan(read.checkpoint.at, read.checkpoint.channel),
        hypercare=_hypercare(read),
        freezes=tuple(map(freeze_of, read.freeze)),
        roles=tuple(read.roles),
        stakeholders=Stakeholders(read.stakeholders.channel, tuple(read.stakeholders.people)),
        timezone=read.timezone or next((site.timezone for site in read.sites.values()), "UTC"),
        contacts=dict(read.contacts),
        links=dict(read.links),
    )


def _hypercare(read: RolloutFile) -> HypercarePlan:
    given = read.hypercare
    targets = {severity: within for severity, within in given.targets if within is not None}
    return HypercarePlan(given.checkpoint_within, given.reviewed_within, targets)
