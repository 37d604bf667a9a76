"""Activating a site: through its entry gate, or past it by an override that is shown for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from stopwatch.core.entry import EntryGate, Recorded, entry_gate
from stopwatch.core.errors import ActIncompleteError, EntryClosedError
from stopwatch.core.grid import rfc3339
from stopwatch.core.ledger import EntryKind, entry
from stopwatch.core.records import Activation
from stopwatch.watch.noting import record_in

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import Plan
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.ports import Reader


@dataclass(frozen=True, slots=True)
class GoLive:
    """
    An activation that somebody asks for.

    *at* is the go-live (None: now), *version* what is activated (None: the change record's), *override* whether to pass
    a closed gate, for *reason*.
    """

    site: SiteId
    actor: str
    version: str | None = None
    at: datetime | None = None
    override: bool = False
    reason: str | None = None
    link: str | None = None


def recorded_of(view: Reader, plan: Plan) -> Recorded:
    """
    Read what entry gates are judged by.

    Raises:
        StoreError: The records could not be read.

    """
    rollout = plan.rollout
    return Recorded(view.decisions(rollout, live=True), view.entries(rollout), view.activations(rollout))


def gate_of(view: Reader, plan: Plan, site: SiteId, *, now: datetime, actor: str | None = None) -> EntryGate:
    """
    Judge the entry gate of a site of the plan from the records.

    Raises:
        StoreError: The records could not be read.

    """
    recorded = recorded_of(view, plan)
    return entry_gate(plan, site, recorded, now=now, zone=ZoneInfo(plan.sites[site].timezone), actor=actor)


def activate(desk: Desk, asked: GoLive, *, transport: str, now: datetime) -> tuple[Activation, EntryGate]:
    """
    Record a go-live; return it with the gate it passed, which is closed if it was overridden.

    Raises:
        ActIncompleteError: The plan has no such site, no version is known, or an override has no reason.
        EntryClosedError: The entry gate is closed and not overridden; nothing changed.
        StoreError: It could not be written; nothing changed.

    """
    plan = desk.rule_set.plan
    check_site(plan, asked.site)
    version, at = asked.version or plan.change.version, asked.at or now
    if not version:
        raise ActIncompleteError("version", "say which version is activated (--version), or plan it: change.version")
    if asked.override and not (asked.reason or "").strip():
        raise ActIncompleteError("reason", "an override needs a reason")
    with desk.store.writing() as tx:
        gate = gate_of(tx, plan, asked.site, now=at, actor=asked.actor)
        if not gate.open and not asked.override:
            raise EntryClosedError(f"the entry gate of {asked.site} is closed", gate)
        before = tx.activations(plan.rollout).get(asked.site)
        activation = Activation(plan.rollout, asked.site, at, asked.actor, now, version)
        tx.save_activation(activation)
        body: dict[str, object] = {
            "version": version,
            "previous_version": before.version if before is not None else None,
            "at": rfc3339(at),
            "change": plan.change.type.value,
            "override": asked.override and not gate.open,
            "unmet": [reason.text for reason in gate.reasons],
            "reason": asked.reason,
            "link": asked.link,
        }
        made = entry(plan.rollout, EntryKind.ACTIVATION, asked.site, body=body, actor=asked.actor, at=now)
        record_in(tx, made, transport=transport, reason=asked.reason, act="rollout.activate")
    return activation, gate


def check_site(plan: Plan, site: SiteId) -> None:
    """
    Refuse a site that the plan does not have.

    Raises:
        ActIncompleteError: It has none of this id.

    """
    if site not in plan.sites:
        raise ActIncompleteError("site", f"the plan has no site {site}; it has {', '.join(plan.sites)}")
