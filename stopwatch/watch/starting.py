"""Taking up the watch: at start, after an outage and after a reload, from the same records and by the same path."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stopwatch.core.decision import GroundKind
from stopwatch.core.records import folded_to
from stopwatch.core.state import rearmed
from stopwatch.watch.cells import assemble
from stopwatch.watch.recording import Book
from stopwatch.watch.tick import SourceWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta

    from stopwatch.core.kpi import RuleId, SiteId
    from stopwatch.core.records import Activation, StateRow
    from stopwatch.core.rollout import RuleSet
    from stopwatch.watch.cells import Cell, Group
    from stopwatch.watch.ports import Reader, Source, Store


def take_up(
    store: Store,
    rule_set: RuleSet,
    sources: Mapping[str, Source],
    activations: Mapping[SiteId, Activation],
    *,
    channel: Callable[[SiteId | None], str | None],
    catch_up: timedelta,
) -> list[SourceWatch]:
    """
    Lay out what is watched and put every rule where the records left it.

    Raises:
        StoreError: The records could not be read.

    """
    book = Book(rule_set, activations, channel)
    active = {site: activation.at for site, activation in activations.items() if site in rule_set.plan.sites}
    watches = []
    with store.reading() as view:
        records = _Records(view, rule_set.plan.rollout)
    for name, source in sources.items():
        groups = assemble(rule_set, name, active, lambda _site: {}, rearmed)
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


def note_unwatched(store: Store, rule_set: RuleSet) -> list[str]:
    """
    Mark the grounds of live decisions whose rule left the rule set, and unmark those whose rule came back.

    Returns a sentence for each change.

    Raises:
        StoreError: The records could not be read or written.

    """
    told = []
    with store.writing() as tx:
        for decision in tx.decisions(rule_set.plan.rollout, live=True):
            grounds = tuple(
                replace(ground, unwatched=rule_set.rule(ground.site, ground.rule) is None)
                if ground.kind is GroundKind.RULE and ground.site is not None and ground.rule is not None
                else ground
                for ground in decision.grounds
            )
            if grounds == decision.grounds:
                continue
            tx.save_decision(replace(decision, grounds=grounds), rev_before=decision.rev)
            told += [
                f"{decision.id}: {ground.id} is {'no longer watched' if ground.unwatched else 'watched again'}"
                for ground, before in zip(grounds, decision.grounds, strict=True)
                if ground != before
            ]
    return told
