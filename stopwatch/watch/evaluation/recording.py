"""Writing down what one site's fold brought: decisions, grounds, evidence, messages and audit in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.core.decision import Ground, GroundKind
from stopwatch.core.errors import ProgressConflictError
from stopwatch.core.grid import rfc3339
from stopwatch.core.opening import DAEMON, Scope, decision_id, ground_id, join, open_decision, recover
from stopwatch.core.reading import Origin
from stopwatch.core.records import AuditEntry
from stopwatch.core.rule import Mode
from stopwatch.core.state import Change
from stopwatch.watch.evaluation.bundles import armed_at, bundle
from stopwatch.watch.evaluation.facts import freeze, summary
from stopwatch.watch.evaluation.folding import Ended
from stopwatch.watch.evaluation.last_change import last_change
from stopwatch.watch.links import fill
from stopwatch.watch.messages import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from stopwatch.core.baseline import Numbers
    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.records import Activation
    from stopwatch.core.rollout import RuleSet
    from stopwatch.core.rule import ResolvedRule
    from stopwatch.watch.evaluation.folding import CellEvent, SiteFold
    from stopwatch.watch.ports import Reader, Writer

LATE_STEPS = 3
"""A breach whose opening slot is more than so many steps behind the newest slot was found late."""


@dataclass(frozen=True, slots=True)
class Book:
    """What recording needs besides the fold: rule set, activations, where messages go and data come from, baselines."""

    rule_set: RuleSet
    activations: Mapping[SiteId, Activation]
    channel: Callable[[SiteId | None], str | None]
    origin: Callable[[str], Origin] = lambda _source: Origin()
    baselines: Mapping[str, Numbers] = field(default_factory=dict)


def ended_by_site(reader: Reader, rollout: str, after: datetime) -> dict[SiteId, tuple[Ended, ...]]:
    """Return per site the decisions of its own scope that ended, and the go-lives anew, after *after*, oldest first."""
    found: dict[SiteId, tuple[Ended, ...]] = {}
    for decision in reader.ended_after(rollout, after):
        if decision.site is not None and decision.ended_at is not None and not decision.drill:
            rules = frozenset(ground.rule for ground in decision.grounds if ground.rule is not None)
            ended = Ended(decision.id, decision.ended_at, rules)
            found[decision.site] = (*found.get(decision.site, ()), ended)
    for anew in reader.reactivations(rollout, after):
        spared = _held_grounds(reader, anew)
        both = (*found.get(anew.site, ()), Ended(None, anew.at, spared))
        found[anew.site] = tuple(sorted(both, key=lambda ended: ended.at))
    return found


def _held_grounds(reader: Reader, anew: Activation) -> frozenset[RuleId]:
    """Return the rules that were grounds of a decision at a go-live and not over: they recover as they would have."""
    return frozenset(
        ground.rule
        for decision in reader.decisions(anew.rollout, site=anew.site)
        if decision.ended_at is None or decision.ended_at > anew.at
        for ground in decision.grounds
        if ground.rule is not None
        and ground.opened_at <= anew.at
        and not any(over is not None and over <= anew.at for over in (ground.recovered_at, ground.resolved_at))
    )


def record_site(tx: Writer, book: Book, site: SiteId, folded: SiteFold, *, after: datetime, now: datetime) -> int:
    """
    Write the events of one site; return how many grounds are new.

    Args:
        tx: The open transaction.
        book: Rule set, activations, channels.
        site: The site.
        folded: What the fold brought.
        after: The instant that `ended_by_site` was asked with when the fold was made.
        now: The time of the commit.

    Raises:
        ProgressConflictError: A decision of this site ended since the fold was made; fold again.

    """
    if ended_by_site(tx, book.rule_set.plan.rollout, after).get(site, ()) != folded.ended:
        message = f"a decision of {site} ended while its slots were folded"
        raise ProgressConflictError(message)
    new = 0
    for found in folded.events():
        if found.cell.rule.mode is not Mode.ENFORCE:
            continue
        if found.event.change is Change.OPENED:
            new += _record_opening(tx, book, folded, found, now)
        else:
            _record_recovery(tx, book, folded, found, now)
    return new


def _record_opening(tx: Writer, book: Book, folded: SiteFold, found: CellEvent, now: datetime) -> int:
    plan, cell, event = book.rule_set.plan, found.cell, found.event
    if tx.ground(plan.rollout, cell.site, cell.rule.id, event.at) is not None:
        return 0
    rule = _resolved(found)
    evidence, body = freeze(_bundle(tx, book, folded, found))
    tx.save_evidence(evidence, body, now)
    before = tx.decision(found.joins) if found.joins else tx.live_decision(plan.rollout, cell.site)
    identity = before.id if before else decision_id(cell.site, event.at, tx.decision_exists)
    ground = _ground(book, found, rule, evidence, (identity, before), now)
    if before is None:
        decision = open_decision(identity, plan.rollout, Scope(cell.site, cell.site, cell.phase), ground)
    else:
        decision = join(before, ground, now=now)
    tx.save_decision(decision, rev_before=before.rev if before else None)
    act = "decision.open" if before is None else "decision.join"
    _audit(tx, decision, before, act, now, evidence=evidence, details={"ground": ground.id})
    tell(tx, decision, book.channel(cell.site), now=now)
    return 1


def _bundle(tx: Reader, book: Book, folded: SiteFold, found: CellEvent) -> dict[str, object]:
    cell, activation = found.cell, book.activations.get(found.cell.site)
    return bundle(
        found,
        _resolved(found),
        book.rule_set,
        armed=armed_at(found, folded),
        activation=activation,
        last_change=last_change(tx, book.rule_set.plan, cell.site, cell.phase, activation, at=found.event.at),
        origin=book.origin,
    )


def _ground(
    book: Book,
    found: CellEvent,
    rule: ResolvedRule,
    evidence: str,
    joined: tuple[DecisionId, Decision | None],
    now: datetime,
) -> Ground:
    cell, event = found.cell, found.event
    identity, before = joined
    activation = book.activations.get(cell.site)
    facts = summary(cell, rule, event, book.rule_set, activation.at if activation else None, now)
    behind = (now - rule.written.eval_delay - event.at) // rule.written.step
    return Ground(
        id=ground_id(cell.rule.id, event.at, [g.id for g in before.grounds] if before else []),
        kind=GroundKind.RULE,
        site=cell.site,
        rule=cell.rule.id,
        criterion=None,
        opened_at=event.at,
        recorded_at=now,
        pending_since=event.pending_since,
        detected_late=behind > LATE_STEPS,
        evidence=evidence,
        links=fill(rule.written, book.rule_set.plan.sites[cell.site], event, identity, book.rule_set.kpis),
        summary=facts,
    )


def _record_recovery(tx: Writer, book: Book, folded: SiteFold, found: CellEvent, now: datetime) -> None:
    plan, cell, event = book.rule_set.plan, found.cell, found.event
    known = tx.ground(plan.rollout, cell.site, cell.rule.id, event.opened_at)
    if known is None or known[1].recovered_at is not None:
        return
    before = tx.decision(known[0])
    if before is None:
        return
    evidence, body = freeze(_bundle(tx, book, folded, found) | {"recovers": known[1].evidence})
    tx.save_evidence(evidence, body, now)
    decision = recover(before, known[1].id, event.at)
    tx.save_decision(decision, rev_before=before.rev)
    details = {"ground": known[1].id, "recovered_at": rfc3339(event.at)}
    _audit(tx, decision, before, "ground.recover", now, evidence=evidence, details=details)
    tell(tx, decision, book.channel(cell.site), now=now)


def _audit(
    tx: Writer,
    decision: Decision,
    before: Decision | None,
    act: str,
    now: datetime,
    *,
    evidence: str | None,
    details: Mapping[str, object],
) -> None:
    tx.audit(
        AuditEntry(
            at=now,
            actor=DAEMON,
            transport=DAEMON,
            act=act,
            decision=decision.id,
            rev_before=before.rev if before else None,
            rev_after=decision.rev,
            evidence=evidence,
            details=details,
        )
    )


def _resolved(found: CellEvent) -> ResolvedRule:
    if found.cell.resolved is None:
        message = f"rule {found.cell.rule.id} was folded without being resolved"
        raise ValueError(message)
    return found.cell.resolved
