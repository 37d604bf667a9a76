"""rollout.yaml turned into the core's plan."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from stopwatch.config.checks.effect import check_effect
from stopwatch.config.checks.ids import check_ids
from stopwatch.config.checks.phases import check_phases
from stopwatch.config.checks.series_of_sites import check_series_of_sites
from stopwatch.config.node import Fields, Node
from stopwatch.config.plan_model import PhaseModel, RolloutFile, SiteModel
from stopwatch.config.validate import validated
from stopwatch.core.kpi import PhaseId, SiteId
from stopwatch.core.rollout import (
    DEFAULT_SOURCE,
    AlertsPlan,
    DeliveryPlan,
    EscalationPlan,
    Phase,
    Plan,
    Site,
    SlackPlan,
    SourcePlan,
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
    check_series_of_sites(outline, node.get("sources") if isinstance(node, Fields) else None, found)
    check_effect(node, found)
    return None if read is None or found.error_count > before else _plan(read, outline.home)


def _phase(phase: PhaseModel) -> Phase:
    return Phase(PhaseId(phase.id), tuple(map(SiteId, phase.sites)), phase.observation, tuple(phase.readiness))


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
    )


def _plan(read: RolloutFile, home: dict[str, str]) -> Plan:
    sources = {DEFAULT_SOURCE: SourcePlan(DEFAULT_SOURCE)}
    sources |= {name: SourcePlan(name, one.url, dict(one.headers)) for name, one in read.sources.items()}
    rights = read.slack.rights.model_dump(by_alias=True)
    return Plan(
        rollout=read.rollout,
        phases=tuple(map(_phase, read.phases)),
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
        change=dict(read.change),
    )
