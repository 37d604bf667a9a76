"""Taking up the watch: at start, after an outage and after a reload, from the same records and by the same path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stopwatch.core.decision import GroundKind
from stopwatch.core.opening import DAEMON
from stopwatch.core.reading import Origin
from stopwatch.core.records import AuditEntry, folded_to
from stopwatch.core.state import rearmed
from stopwatch.watch.baseline import frozen_numbers
from stopwatch.watch.evaluation.layout import assemble
from stopwatch.watch.evaluation.recording import Book
from stopwatch.watch.evaluation.tick import SourceWatch
from stopwatch.watch.messages import tell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from stopwatch.core.decision import Decision, Ground
    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.records import Activation, StateRow
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.evaluation.cells import Cell, Group
    from stopwatch.watch.ports import Reader, Source, Store, Writer


def take_up(
    store: Store,
    rule_set: RuleSet,
    sources: Mapping[str, Source],
    activations: Mapping[SiteId, Activation],
    *,
    channel: Callable[[SiteId | None], str | None],
    catch_up: timedelta,
    origin: Callable[[str], Origin] = lambda _source: Origin(),
) -> list[SourceWatch]:
    """
    Lay out what is watched and put every rule where the records left it.

    Raises:
        StoreError: The records could not be read.

    """
    active = {site: activation.at for site, activation in activations.items() if site in rule_set.plan.sites}
    watches = []
    with store.reading() as view:
        records = _Records(view, rule_set.plan.rollout)
        baselines = frozen_numbers(view, rule_set.plan.rollout)
    book = Book(rule_set, activations, channel, origin, baselines)
    for name, source in sources.items():
        groups = assemble(rule_set, name, active, lambda site: baselines.get(site, {}), rearmed)
        for group in groups:
            for cell in group.cells:
                records.restore(group, cell)
        watches.append(SourceWatch(source, groups, store, book, catch_up=catch_up))
    return watches


class _Records:
    """States and progress of a rollout as they were stored."""

    def __init__(self, view: Reader, rollout: str) -> None:
        self._rows: dict[tuple[SiteId, RuleId], StateRow] = {(row.site, row.rule): row for row in view.states(rollout)}
        self._progress = view.progress(rollout)
        self._behind = view.behind(rollout)

    def restore(self, group: Group, cell: Cell) -> None:
        """Put a cell where the records left it; a rule that was never folded here stays at its activation."""
        row = self._rows.get((cell.site, cell.rule.id))
        for key in cell.keys:
            if (key, cell.site) in self._behind:
                group.behind[key, cell.site] = self._behind[key, cell.site]
        if row is None:
            return
        cell.state, cell.saved = row.state, row
        cell.last = group.grid.at_or_before(folded_to(row, self._progress, self._behind))


def note_unwatched(
    tx: Writer, rule_set: RuleSet, channel: Callable[[SiteId | None], str | None], now: datetime
) -> list[str]:
    """
    Note which rules left the rule set: where judging them ended, and that their grounds are no longer watched.

    A rule that comes back is watched again and goes on where it was left. Returns a sentence for each changed ground.
    """
    told = []
    _set_down(tx, rule_set)
    for decision in tx.decisions(rule_set.plan.rollout, live=True):
        grounds = tuple(
            replace(ground, unwatched=rule_set.rule(ground.site, ground.rule) is None)
            if ground.kind is GroundKind.RULE and ground.site is not None and ground.rule is not None
            else ground
            for ground in decision.grounds
        )
        if grounds == decision.grounds:
            continue
        changed = replace(decision, grounds=grounds)
        tx.save_decision(changed, rev_before=decision.rev)
        for ground, before in zip(grounds, decision.grounds, strict=True):
            if ground != before:
                _audit(tx, changed, ground, now)
                told.append(f"{decision.id}: {ground.id} is {_watched(ground)}")
        tell(tx, changed, channel(decision.site), now=now)
    return told


def _set_down(tx: Writer, rule_set: RuleSet) -> None:
    """Fix how far rules that left were folded, because their queries' progress goes on with other rules."""
    rollout = rule_set.plan.rollout
    progress, behind = tx.progress(rollout), tx.behind(rollout)
    for row in tx.states(rollout):
        if row.queries and rule_set.rule(row.site, row.rule) is None:
            tx.save_state(replace(row, as_of=folded_to(row, progress, behind), queries=()))


def _watched(ground: Ground) -> str:
    return "no longer watched" if ground.unwatched else "watched again"


def _audit(tx: Writer, decision: Decision, ground: Ground, now: datetime) -> None:
    act = "ground.unwatch" if ground.unwatched else "ground.watch"
    details = {"ground": ground.id}
    tx.audit(AuditEntry(now, DAEMON, DAEMON, act, decision.id, decision.rev, decision.rev, details=details))
