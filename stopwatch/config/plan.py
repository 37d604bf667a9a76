"""rollout.yaml turned into the core's plan."""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.fields import ID_PATTERN
from stopwatch.config.node import Fields, Items, Node, at
from stopwatch.config.plan_model import CHANGE_TYPES, LATER_KEYS, PhaseModel, RolloutFile, SiteModel
from stopwatch.config.validate import nearest_hint, shown, validated
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


_ID = re.compile(ID_PATTERN[1:-1])


def read_plan(node: Node, found: Complaints) -> Plan | None:
    """Return the plan of the document *node*; None, with reasons in *found*, if it cannot be followed."""
    before = found.error_count
    _check_ids(node, found)
    read = validated(RolloutFile, node, found)
    if read is None or not isinstance(node, Fields):
        return None
    home = _check_phases(read, node, found)
    _check_sites(read, node, home, found)
    _check_rest(read, node, found)
    return None if found.error_count > before else _plan(read, home)


def _check_ids(node: Node, found: Complaints) -> None:
    """Check the keys that are ids; values are checked by the models."""
    for section, what in (("sites", "site"), ("sources", "source")):
        named = node.get(section) if isinstance(node, Fields) else None
        for name, entry in named.entries.items() if isinstance(named, Fields) else ():
            if not _ID.fullmatch(name):
                hint = "lower-case letters, digits, - and _, beginning with a letter or digit, at most 63 characters"
                found.add(entry.key.complaint("bad-id", f"{shown(name)} is no usable id of a {what}", hint))


def _check_phases(read: RolloutFile, node: Fields, found: Complaints) -> dict[str, str]:
    """Return the phase of each site that is in one."""
    home: dict[str, str] = {}
    seen: set[str] = set()
    for index, phase in enumerate(read.phases):
        identity = at(node, ("phases", index, "id")).place
        if phase.id in seen:
            hint = "give each phase its own id"
            found.add(identity.complaint("duplicate-phase", f"a phase {shown(phase.id)} was given before", hint))
        if phase.id in read.sites:
            message = f"{shown(phase.id)} is also the id of a site"
            found.add(identity.complaint("phase-is-site", message, "rename one of the two; ids name scopes"))
        seen.add(phase.id)
        for position, site in enumerate(phase.sites):
            place = at(node, ("phases", index, "sites", position)).place
            if site not in read.sites:
                hint = nearest_hint(site, list(read.sites)) or f"add {site} to sites"
                found.add(place.complaint("unknown-site", f"sites has no {shown(site)}", hint))
            elif site in home:
                message = f"site {shown(site)} is in phase {home[site]} already"
                found.add(place.complaint("site-twice", message, "a site is in exactly one phase"))
            home.setdefault(site, phase.id)
    return home


def _check_sites(read: RolloutFile, node: Fields, home: dict[str, str], found: Complaints) -> None:
    labels: dict[tuple[str, str], str] = {}
    for name, site in read.sites.items():
        sites = node.get("sites")
        if not isinstance(sites, Fields):
            return
        entry = sites.entries[name]
        if name not in home:
            hint = "add it to the sites of a phase, or remove it"
            found.add(entry.key.complaint("site-without-phase", f"site {shown(name)} is in no phase", hint))
        source, label = site.source or DEFAULT_SOURCE, site.label or name
        if source not in read.sources and source != DEFAULT_SOURCE:
            hint = nearest_hint(source, list(read.sources)) or "add it to sources, with its url"
            place = at(entry.value, ("source",)).place
            found.add(place.complaint("unknown-source", f"sources has no {shown(source)}", hint))
        other = labels.setdefault((source, label), name)
        if other != name:
            place = at(entry.value, ("label",)).place if site.label else entry.key
            message = f"site {shown(other)} has the label {shown(label)} too"
            found.add(place.complaint("duplicate-label", message, "one series cannot belong to two sites"))


def _check_rest(read: RolloutFile, node: Fields, found: Complaints) -> None:
    change = node.get("change")
    kind = change.get("type") if isinstance(change, Fields) else None
    if kind is not None and read.change.get("type") not in CHANGE_TYPES:
        message = f"type must be one of {', '.join(CHANGE_TYPES)}"
        found.add(kind.place.complaint("unknown-value", message, "it says which gates the rollout must pass"))
    for key in LATER_KEYS:
        if key in node.entries:
            message = f"{key} is checked, but has no effect in this version"
            hint = "keep it for later, or remove it"
            found.add(node.entries[key].key.complaint("without-effect", message, hint, severity=Weight.WARNING))
    for index, phase in enumerate(read.phases):
        listed = at(node, ("phases", index, "sites"))
        if not phase.sites and isinstance(listed, Items):
            message = f"phase {phase.id} has no sites"
            found.add(listed.place.complaint("empty-phase", message, "name its sites", severity=Weight.WARNING))


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
