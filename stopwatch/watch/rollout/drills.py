"""Drills begin here, by a person, and end here, by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.core.audit import canonical_json, content_hash
from stopwatch.core.decision import Decision, Ground, GroundKind
from stopwatch.core.drill import CRITERION, drill_scope
from stopwatch.core.grid import rfc3339
from stopwatch.core.opening import Scope, decision_id, ground_id, open_decision
from stopwatch.core.records import AuditEntry
from stopwatch.watch.messages import tell
from stopwatch.watch.rollout.entry import check_site

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.watch.acts.commands import Desk

REASON = "nothing is wrong; answer as if something were"


def drill(desk: Desk, site: SiteId, *, actor: str, transport: str, now: datetime) -> tuple[Decision, bool]:
    """
    Open a drill at *site*, or return the one that is under way; the flag says whether it is new.

    Raises:
        ActIncompleteError: The plan has no such site.
        StoreError: It could not be written; nothing changed.

    """
    plan = desk.rule_set.plan
    check_site(plan, site)
    planned = plan.sites[site]
    with desk.store.writing() as tx:
        known = tx.live_decision(plan.rollout, drill_scope(site))
        if known is not None:
            return known, False
        said: dict[str, object] = {"criterion": CRITERION, "drill": True, "reason": REASON, "actor": actor}
        evidence = {
            **said,
            "version": 1,
            "rollout": plan.rollout,
            "site": site,
            "at": rfc3339(now),
            "links": [],
            "revision": desk.rule_set.revision,
        }
        tx.save_evidence(content_hash(evidence), canonical_json(evidence), now)
        ground = Ground(
            id=ground_id(CRITERION, now, []),
            kind=GroundKind.MANUAL,
            site=site,
            rule=None,
            criterion=CRITERION,
            opened_at=now,
            recorded_at=now,
            evidence=content_hash(evidence),
            summary={
                **said,
                "severity": "page",
                "on_call": planned.on_call,
                "site_name": planned.name,
                "timezone": planned.timezone,
            },
        )
        identity = decision_id(f"{CRITERION}-{site}", now, tx.decision_exists)
        opened = open_decision(identity, plan.rollout, Scope(drill_scope(site), site, planned.phase), ground)
        tx.save_decision(opened, rev_before=None)
        details = {"site": site, "ground": ground.id}
        tx.audit(
            AuditEntry(now, actor, transport, CRITERION, identity, None, opened.rev, REASON, ground.evidence, details)
        )
        tell(tx, opened, desk.channel(site), now=now)
    return opened, True
