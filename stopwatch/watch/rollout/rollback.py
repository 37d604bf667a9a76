"""Verifying roll-backs: the slots since are read from the source, and what they come to is recorded with evidence."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.audit import canonical_json, content_hash, finite
from stopwatch.core.baseline import grid_within
from stopwatch.core.errors import SourceError
from stopwatch.core.grid import Grid, SlotRange, rfc3339
from stopwatch.core.opening import DAEMON
from stopwatch.core.reading import Query
from stopwatch.core.records import AuditEntry
from stopwatch.core.rollback import failing_ground, not_before, settled, terms_of
from stopwatch.core.rollback_clock import ClockTerms, ClockVerdict, Outcome, RollbackClock, letters, run_clock
from stopwatch.core.rollback_proof import ROLLBACK
from stopwatch.watch.acts.rollback_terms import Condition, conditions_of
from stopwatch.watch.messages import tell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.ports import Source

VERSION = 1
MOST_SLOTS = 1000
"""A long time with a small step is looked at more coarsely, because it is read anew at every slot."""
DELAY = timedelta(seconds=60)
READ_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Course:
    """A roll-back that is being verified, with every slot since that may be judged."""

    decision: Decision
    terms: ClockTerms
    conditions: tuple[Condition, ...]
    slots: SlotRange
    series: tuple[tuple[float, ...], ...]

    @property
    def classes(self) -> bytes:
        """A letter for each slot."""
        return letters([condition.band for condition in self.conditions], self.series)

    def fold(self, decision: Decision | None = None) -> tuple[RollbackClock, ClockVerdict | None]:
        """Run the clock, with the grounds of *decision* if it is given, else as if no ground had opened."""
        failed = failing_ground(decision, self.terms.rolled_back_at) if decision is not None else None
        return run_clock(self.terms, self.slots.grid, self.classes, failed=failed)

    @property
    def kept_outside(self) -> str:
        """Which KPIs were outside the band or not seen, and in how many of the slots."""
        told = []
        for condition, values in zip(self.conditions, self.series, strict=True):
            known = [value for value in values if value == value]  # noqa: PLR0124 – NaN is the only value that is not itself
            outside, unseen = sum(not condition.band.holds(value) for value in known), len(values) - len(known)
            counts = [f"outside in {outside}"] * bool(outside) + [f"not seen in {unseen}"] * bool(unseen)
            if counts:
                told.append(f"{condition.kpi.title} at {condition.site} {', '.join(counts)} of {len(values)} slots")
        return "; ".join(told)


class RollbackWatch:
    """Looks at roll-backs that are being verified, each once per slot."""

    def __init__(self) -> None:
        """Begin without having looked at any."""
        self._looked: dict[DecisionId, tuple[int, datetime]] = {}
        self.failures: list[str] = []

    def courses(self, desk: Desk, source: str, sources: Mapping[str, Source], now: datetime) -> list[Course]:
        """
        Read the slots of every roll-back whose first site is read from *source* and that has a slot more since.

        What cannot be read is in `failures`; it is read again at the next slot.

        Raises:
            StoreError: The records could not be read.

        """
        self.failures = []
        with desk.store.reading() as view:
            known = view.decisions(desk.rule_set.plan.rollout, live=True)
            running = [
                (decision, terms, conditions_of(view, desk.rule_set, decision, terms)[0])
                for decision in known
                if (terms := terms_of(decision, desk.rule_set.plan.rollback)) is not None
            ]
        sites, found = desk.rule_set.plan.sites, []
        for decision, terms, conditions in running:
            if not conditions or sites[conditions[0].site].source != source:
                continue
            grid, delay = _pace(desk.rule_set, conditions, terms)
            newest = grid.instant(grid.newest(now=now, eval_delay=delay))
            if self._looked.get(decision.id) == (decision.rev, newest):
                continue
            last = min(grid.at_or_before(newest), grid.at_or_before(terms.until))
            slots = SlotRange(grid, grid.at_or_after(terms.rolled_back_at), last)
            try:
                series = _read(desk.rule_set, conditions, sources, slots)
            except SourceError as error:
                self.failures.append(f"{decision.id}: {error}")
                continue
            self._looked[decision.id] = (decision.rev, newest)
            found.append(Course(decision, terms, tuple(conditions), slots, series))
        return found

    def again(self, course: Course) -> None:
        """Look at a roll-back once more although no slot came: its verdict could not be recorded yet."""
        self._looked.pop(course.decision.id, None)


def _pace(rule_set: RuleSet, conditions: Sequence[Condition], terms: ClockTerms) -> tuple[Grid, timedelta]:
    """Return at which slots a roll-back is looked at, and how long to wait for them: no rule there waits longer."""
    rules = [rule for site in {one.site for one in conditions} for rule in rule_set.rules.get(site, ())]
    step = min((rule.step for rule in rules), default=timedelta(minutes=1))
    delay = max((rule.eval_delay for rule in rules), default=DELAY)
    return grid_within(step, terms.within, MOST_SLOTS), delay


def _read(
    rule_set: RuleSet, conditions: Sequence[Condition], sources: Mapping[str, Source], slots: SlotRange
) -> tuple[tuple[float, ...], ...]:
    gap = (float("nan"),) * len(slots)
    if not len(slots):
        return tuple(() for _ in conditions)
    found: dict[tuple[str, str], Mapping[SiteId, Sequence[float]]] = {}
    for condition in conditions:
        place = (rule_set.plan.sites[condition.site].source, condition.kpi.id)
        if place not in found:
            sites = [rule_set.plan.sites[one.site] for one in conditions if one.kpi.id == condition.kpi.id]
            labels = {site.label: site.id for site in sites if site.source == place[0]}
            query = Query(condition.kpi.query, condition.kpi.site_label, labels)
            found[place] = sources[place[0]].read(query, slots, deadline_seconds=READ_SECONDS).series
    return tuple(
        tuple(found[rule_set.plan.sites[one.site].source, one.kpi.id].get(one.site) or gap) for one in conditions
    )


def settle(desk: Desk, course: Course, now: datetime, *, reached: datetime | None = None) -> Decision | None:
    """
    Record how a roll-back stands: its clock where that says something new, its end with evidence; None if neither.

    Grounds that were recorded until now take part. The act bears the time of the slot, not that of the writing. Where a
    rule of the site was folded far beyond that slot, to *reached*, it bears that time: rules watch anew from there.

    Raises:
        StoreError: It could not be written; nothing changed.

    """
    with desk.store.writing() as tx:
        before = tx.decision(course.decision.id)
        if before is None or terms_of(before, desk.rule_set.plan.rollback) != course.terms:
            return None
        clock, verdict = course.fold(before)
        if verdict is None:
            if clock.alike(before.clock):
                return None
            after = replace(before, clock=clock)
            tx.save_decision(after, rev_before=before.rev)
            tell(tx, after, desk.channel(after.site), now=now)
            return after
        verdict = not_before(verdict, before, reached)
        if verdict.outcome is Outcome.FLAGGED and course.fold()[1] == verdict and course.kept_outside:
            verdict = replace(verdict, reason=f"{verdict.reason}; {course.kept_outside}")
        evidence = json.loads(canonical_json(evidence_of(course, before, clock, verdict)))
        sha256 = content_hash(evidence)
        tx.save_evidence(sha256, canonical_json(evidence), now)
        details: dict[str, object] = {"evidence": sha256, "recorded_at": rfc3339(now)}
        after = settled(before, clock, verdict, details)
        tx.save_decision(after, rev_before=before.rev)
        acted = after.acts[-1]
        revs = (acted.rev_before, acted.rev_after)
        entry = AuditEntry(acted.at, DAEMON, DAEMON, acted.act, after.id, *revs, acted.reason, sha256, details)
        tx.audit(entry)
        tell(tx, after, desk.channel(after.site), now=now)
        return after


def evidence_of(course: Course, decision: Decision, clock: RollbackClock, verdict: ClockVerdict) -> dict[str, object]:
    """Return everything that a verdict was judged by, as JSON values; missing points are null."""
    return {
        "kind": ROLLBACK,
        "version": VERSION,
        "decision": decision.id,
        "rollout": decision.rollout,
        "scope": decision.scope,
        "rolled_back_at": rfc3339(course.terms.rolled_back_at),
        "hold_seconds": course.terms.hold.total_seconds(),
        "within_seconds": course.terms.within.total_seconds(),
        "step_seconds": course.slots.grid.step.total_seconds(),
        "first_slot": rfc3339(course.slots.start),
        "classes": course.classes.decode(),
        "grounds": [{"id": ground.id, "opened_at": rfc3339(ground.opened_at)} for ground in decision.grounds],
        "conditions": [
            {
                "site": condition.site,
                "kpi": condition.kpi.id,
                "unit": condition.kpi.unit.value,
                "better": condition.kpi.better.value,
                "query": condition.kpi.query,
                "baseline": condition.baseline,
                "median": condition.median,
                "limit": condition.band.limit,
                "values": [finite(value) for value in values],
            }
            for condition, values in zip(course.conditions, course.series, strict=True)
        ],
        "outcome": verdict.outcome.value,
        "at": rfc3339(verdict.at),
        "inside_since": rfc3339(clock.inside_since) if clock.inside_since is not None else None,
        "reason": verdict.reason,
    }
