"""What people do, as short transactions: act on a decision, declare a manual stop, let an override end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stopwatch.core.acts import perform
from stopwatch.core.decision import Decision, DecisionState, Happening
from stopwatch.core.drill import end_drill, outcome, over
from stopwatch.core.errors import ActIncompleteError, DecisionNotFoundError
from stopwatch.core.opening import DAEMON, Scope, decision_id, end_override, happen, join, open_decision
from stopwatch.core.records import AuditEntry
from stopwatch.core.rollout import wide_scope
from stopwatch.core.stop import unusable_criterion
from stopwatch.watch.acts.manual_ground import manual_ground
from stopwatch.watch.acts.rollback_terms import unverifiable
from stopwatch.watch.acts.sight import sight_of
from stopwatch.watch.messages import tell
from stopwatch.watch.noting import record_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from stopwatch.core.acts import ActRequest
    from stopwatch.core.decision import DecisionId
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import Plan, RuleSet
    from stopwatch.core.stop import Stop
    from stopwatch.watch.ports import Store, Writer


@dataclass(frozen=True, slots=True)
class Desk:
    """Where acts are taken: the records, the rule set in force, and where messages go."""

    store: Store
    rule_set: RuleSet
    channel: Callable[[SiteId | None], str | None]


def act(
    desk: Desk,
    decision: DecisionId,
    request: ActRequest,
    *,
    transport: str,
    now: datetime,
    origin: Mapping[str, object] | None = None,
) -> Decision:
    """
    Apply one act of a person; *origin* is what proves who asked, for the audit only.

    Raises:
        DecisionNotFoundError: No decision has this id.
        ActIncompleteError: A required field is missing or unusable.
        ActStaleError: The decision changed since the person looked.
        ActIllegalError: The decision's state, or the site's, does not allow the act.
        StoreError: The act could not be written; nothing changed.

    """
    with desk.store.writing() as tx:
        return act_within(tx, desk, decision, request, transport=transport, now=now, origin=origin)


def act_within(
    tx: Writer,
    desk: Desk,
    decision: DecisionId,
    request: ActRequest,
    *,
    transport: str,
    now: datetime,
    origin: Mapping[str, object] | None = None,
) -> Decision:
    """Apply one act as a part of the transaction *tx*; what it raises, as `act` does, it raises before it writes."""
    before = tx.decision(decision)
    if before is None:
        raise DecisionNotFoundError(f"no decision {decision}")
    sight = sight_of(tx, desk.rule_set, before.site, now)
    after = perform(before, request, now=now, sight=sight, override_max=desk.rule_set.plan.override_max)
    _write(tx, desk, before, after, transport=transport, origin=origin)
    return after


def _write(
    tx: Writer,
    desk: Desk,
    before: Decision,
    after: Decision,
    *,
    transport: str,
    origin: Mapping[str, object] | None = None,
) -> None:
    """Save what an act, or time, made of a decision, with its audit row and its messages."""
    tx.save_decision(after, rev_before=before.rev)
    acted = after.acts[-1]
    tx.audit(
        AuditEntry(
            at=acted.at,
            actor=acted.actor,
            transport=transport,
            act=acted.act,
            decision=after.id,
            rev_before=acted.rev_before,
            rev_after=acted.rev_after,
            reason=acted.reason,
            details={**acted.details, **({"origin": dict(origin)} if origin else {})},
        )
    )
    tell(tx, after, desk.channel(after.site), now=acted.at)
    if after.drill and not after.state.live:
        record_in(tx, outcome(after, tx.messages(after.id)), transport=transport)


def pause(
    desk: Desk, stop: Stop, *, transport: str, now: datetime, origin: Mapping[str, object] | None = None
) -> tuple[Decision, bool]:
    """
    Declare a manual stop: it joins the live decision of its scope or opens one.

    *origin* is what proves who asked, for the audit only. Returns the decision and whether it is new. A stop whose
    fingerprint an unresolved ground of that decision carries changes nothing.

    Raises:
        ActIncompleteError: Criterion or reason is missing, or the plan has no such site or phase.
        StoreError: The stop could not be written; nothing changed.

    """
    with desk.store.writing() as tx:
        return pause_within(tx, desk, stop, transport=transport, now=now, origin=origin)


def pause_within(
    tx: Writer,
    desk: Desk,
    stop: Stop,
    *,
    transport: str,
    now: datetime,
    origin: Mapping[str, object] | None = None,
) -> tuple[Decision, bool]:
    """Declare a manual stop as a part of the transaction *tx*; what it raises, as `pause` does, it raises first."""
    scope = declarable(desk.rule_set.plan, stop)
    before = tx.live_decision(desk.rule_set.plan.rollout, scope.scope)
    if before is not None and _carried(before, stop.fingerprint):
        return before, False
    ground, evidence = manual_ground(tx, desk.rule_set, stop, scope, before, now)
    tx.save_evidence(ground.evidence or "", evidence, now)
    if before is None:
        identity = decision_id(scope.scope, now, tx.decision_exists)
        after = open_decision(identity, desk.rule_set.plan.rollout, scope, ground)
    else:
        after = join(before, ground, now=now)
    tx.save_decision(after, rev_before=before.rev if before else None)
    tx.audit(
        AuditEntry(
            at=now,
            actor=stop.actor,
            transport=transport,
            act="pause",
            decision=after.id,
            rev_before=before.rev if before else None,
            rev_after=after.rev,
            reason=stop.reason,
            evidence=ground.evidence,
            details={
                "criterion": stop.criterion,
                "ground": ground.id,
                **({"origin": dict(origin)} if origin else {}),
            },
        )
    )
    tell(tx, after, desk.channel(scope.site), now=now)
    return after, before is None


def _carried(decision: Decision, fingerprint: str | None) -> bool:
    return fingerprint is not None and any(
        (ground.summary or {}).get("fingerprint") == fingerprint and ground.resolved_at is None
        for ground in decision.grounds
    )


def declarable(plan: Plan, stop: Stop) -> Scope:
    """
    Return the scope of a stop.

    Raises:
        ActIncompleteError: Criterion or reason is missing or unusable, or the plan has no such site or phase.

    """
    complaint = unusable_criterion(stop.criterion)
    if complaint is not None:
        raise ActIncompleteError("criterion", complaint)
    if not stop.reason.strip():
        raise ActIncompleteError("reason", "a manual stop needs a reason")
    if stop.site is not None:
        if stop.site not in plan.sites:
            raise ActIncompleteError("site", f"the plan has no site {stop.site}; it has {', '.join(plan.sites)}")
        return Scope(stop.site, stop.site, plan.sites[stop.site].phase)
    if stop.phase is not None and plan.phase(stop.phase) is None:
        known = ", ".join(phase.id for phase in plan.phases)
        raise ActIncompleteError("phase", f"the plan has no phase {stop.phase}; it has {known}")
    return Scope(wide_scope(stop.phase), None, stop.phase)


def pass_time(desk: Desk, *, caught_up: Callable[[SiteId], bool], now: datetime) -> list[Decision]:
    """
    Let time act: end overrides at sites that are caught up, and drills; flag roll-backs that nothing can verify.

    Raises:
        StoreError: The records could not be read or written.

    """
    with desk.store.reading() as view:
        live = view.decisions(desk.rule_set.plan.rollout, live=True)
        drills = [one for one in live if one.drill]
        ends = {one.id: why for one in drills if (why := over(one, view.messages(one.id), now=now)) is not None}
        hopeless = {one.id: why for one in live if (why := unverifiable(view, desk.rule_set, one)) is not None}
    changed = []
    for seen in live:
        if not (seen.id in ends or seen.id in hopeless or _due(seen, caught_up, now)):
            continue
        with desk.store.writing() as tx:
            before = tx.decision(seen.id)
            if before is None or not before.state.live:
                continue
            if seen.id in ends:
                after = end_drill(before, ends[seen.id], now=now)
            elif (why := unverifiable(tx, desk.rule_set, before)) is not None:
                after = happen(before, Happening.ROLLBACK_FLAGGED, now=now, reason=why)
            elif _due(before, caught_up, now):
                after = end_override(before, now=now)
            else:
                continue
            _write(tx, desk, before, after, transport=DAEMON)
            changed.append(after)
    return changed


def _due(decision: Decision, caught_up: Callable[[SiteId], bool], now: datetime) -> bool:
    if decision.state is not DecisionState.OVERRIDDEN or decision.until is None or now < decision.until:
        return False
    return decision.site is None or caught_up(decision.site)
