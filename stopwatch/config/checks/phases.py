"""Phases: each id once, no site's id among them, each site in exactly one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.config.complaint import Weight
from stopwatch.config.validate import nearest_hint, shown

if TYPE_CHECKING:
    from stopwatch.config.complaint import Complaints
    from stopwatch.config.outline import Outline, OutlinedPhase


def check_phases(plan: Outline, found: Complaints) -> None:
    """Complain about phases that are there twice or named like a site, and about what they say of sites."""
    seen: set[str] = set()
    home: dict[str, str] = {}
    for phase in plan.phases:
        if phase.id in seen:
            hint = "give each phase its own id"
            found.add(phase.place.complaint("duplicate-phase", f"a phase {shown(phase.id)} was given before", hint))
        if phase.id in plan.sites:
            message = f"{shown(phase.id)} is also the id of a site"
            found.add(phase.place.complaint("phase-is-site", message, "rename one of the two; ids name scopes"))
        seen.add(phase.id)
        _check_sites(phase, plan, home, found)
    _check_homeless(plan, found)


def _check_sites(phase: OutlinedPhase, plan: Outline, home: dict[str, str], found: Complaints) -> None:
    if not phase.sites:
        message = f"phase {phase.id} has no sites"
        found.add(phase.listed.place.complaint("empty-phase", message, "name its sites", severity=Weight.WARNING))
    for site, place in phase.sites:
        if plan.all_sites and site not in plan.sites:
            hint = nearest_hint(site, list(plan.sites)) or f"add {site} to sites"
            found.add(place.complaint("unknown-site", f"sites has no {shown(site)}", hint))
        elif site in home:
            message = f"site {shown(site)} is in phase {home[site]} already"
            found.add(place.complaint("site-twice", message, "a site is in exactly one phase"))
        home.setdefault(site, phase.id)


def _check_homeless(plan: Outline, found: Complaints) -> None:
    home = plan.home
    for name, entry in plan.sites.items() if plan.phases and plan.all_phases else ():
        if name not in home:
            hint = "add it to the sites of a phase, or remove it"
            found.add(entry.key.complaint("site-without-phase", f"site {shown(name)} is in no phase", hint))
