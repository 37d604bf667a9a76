"""Go-lives: the plan activates a site by itself where no readiness items are demanded; what is stored wins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.grid import rfc3339
from stopwatch.core.opening import DAEMON
from stopwatch.core.records import Activation, AuditEntry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import Plan, RuleSet
    from stopwatch.watch.ports import Store

HASH_SHOWN = 12
"""How many characters of the plan's hash name it as an actor."""


def activate_planned(store: Store, rule_set: RuleSet, now: datetime) -> tuple[Mapping[SiteId, Activation], list[str]]:
    """
    Record go-lives that have come; return all activations, and a warning per site whose plan was edited afterwards.

    Raises:
        StoreError: The records could not be read or written.

    """
    plan = rule_set.plan
    with store.reading() as view:
        known = dict(view.activations(plan.rollout))
    fresh = {
        site.id: Activation(plan.rollout, site.id, site.go_live, f"plan:{rule_set.revision[:HASH_SHOWN]}", now)
        for site in plan.sites.values()
        if site.id not in known and site.go_live is not None and site.go_live <= now and plan.by_itself(site.id)
    }
    if fresh:
        with store.writing() as tx:
            for activation in fresh.values():
                tx.save_activation(activation)
                details = {"site": activation.site, "at": rfc3339(activation.at)}
                tx.audit(AuditEntry(now, activation.actor, DAEMON, "rollout.activate", details=details))
    warnings = [
        f"{site} went live at {rfc3339(activation.at)} and stays so; the plan now says {rfc3339(planned)}"
        for site, activation in known.items()
        if site in plan.sites and (planned := plan.sites[site].go_live) is not None and planned != activation.at
    ]
    return known | fresh, warnings


def next_go_live(plan: Plan, activated: Mapping[SiteId, Activation], now: datetime) -> datetime | None:
    """Return when the plan activates a further site by itself, if it does."""
    planned = [
        site.go_live
        for site in plan.sites.values()
        if site.go_live is not None and site.go_live > now and site.id not in activated and plan.by_itself(site.id)
    ]
    return min(planned, default=None)


def went_live(
    store: Store, plan: Plan, known: Mapping[SiteId, Activation], planned: datetime | None, now: datetime
) -> bool:
    """
    Tell whether the plan activates a site now (*planned* has come), or activations are recorded that are not *known*.

    Raises:
        StoreError: The records could not be read.

    """
    if planned is not None and now >= planned:
        return True
    with store.reading() as view:
        return view.activations(plan.rollout) != known
