"""The ground of a manual stop, with the bundle that freezes what was said, where it holds and how the site stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.decision import Decision, Ground, GroundKind
from stopwatch.core.grid import rfc3339
from stopwatch.core.opening import Scope, ground_id
from stopwatch.watch.evaluation.bundles import VERSION, activation_json, plain
from stopwatch.watch.evaluation.last_change import last_change

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import Plan, RuleSet
    from stopwatch.core.stop import Stop
    from stopwatch.watch.ports import Reader


def manual_ground(
    view: Reader, rule_set: RuleSet, stop: Stop, scope: Scope, before: Decision | None, now: datetime
) -> tuple[Ground, str]:
    """
    Return the ground of *stop* and its bundle as canonical JSON; *before* is the live decision that it joins.

    Raises:
        StoreError: The records could not be read.

    """
    plan = rule_set.plan
    site = plan.sites.get(stop.site) if stop.site is not None else None
    named = {"site_name": site.name, "timezone": site.timezone} if site is not None else {}
    on_call = _on_call(plan, scope)
    mark = {"fingerprint": stop.fingerprint} if stop.fingerprint is not None else {}
    evidence = {
        "version": VERSION,
        "rollout": plan.rollout,
        "scope": scope.scope,
        "phase": scope.phase,
        **named,
        "criterion": stop.criterion,
        "reason": stop.reason,
        "actor": stop.actor,
        "at": rfc3339(now),
        "links": [{"kind": link.kind, "url": link.url} for link in stop.links],
        "revision": rule_set.revision,
        "on_call": on_call,
        "change_record": plain(plan.change.written),
        **({"labels": dict(stop.labels)} if stop.labels else {}),
        **mark,
        **(_standing(view, plan, stop.site, now) if stop.site is not None else {}),
    }
    said = {"criterion": stop.criterion, "reason": stop.reason, "actor": stop.actor}
    ground = Ground(
        id=ground_id(stop.criterion, now, [ground.id for ground in before.grounds] if before else []),
        kind=GroundKind.MANUAL,
        site=stop.site,
        rule=None,
        criterion=stop.criterion,
        opened_at=now,
        recorded_at=now,
        evidence=content_hash(evidence),
        links=stop.links,
        summary={**said, "severity": "page", "on_call": on_call, **mark, **named},
    )
    return ground, canonical_json(evidence)


def _standing(view: Reader, plan: Plan, site: SiteId, now: datetime) -> dict[str, object]:
    """Return how a site stood: since when it is live, and what was changed last."""
    activation = view.activations(plan.rollout).get(site)
    changed = last_change(view, plan, site, plan.sites[site].phase, activation, at=now)
    return {"site": site, "activation": activation_json(activation), "last_change": plain(changed)}


def _on_call(plan: Plan, scope: Scope) -> str | list[str] | None:
    """Return who is on call where a stop holds: one of a site, all of a wide stop, None if the plan names nobody."""
    named = dict.fromkeys(plan.sites[site].on_call or "" for site in plan.covered(scope.scope))
    known = [each for each in named if each]
    return known if scope.site is None else next(iter(known), None)
