"""Folding one piece of slots into cells: fetch, classify, fold; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from stopwatch.core.rule import Mode
from stopwatch.core.sample import Slots, classify
from stopwatch.core.state import Change, Condition, RuleEvent, RuleState, armed_slot, failed, fold, rearmed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.core.decision import DecisionId
    from stopwatch.core.kpi import RuleId
    from stopwatch.core.rule import ResolvedRule
    from stopwatch.watch.evaluation.cells import Cell


@dataclass(frozen=True, slots=True)
class Ended:
    """
    What re-arms rules at a site: the end of a decision, or (*decision* None) a further go-live.

    The end of a decision re-arms *rules*, which are its grounds; a go-live all but *rules*, grounds that hold then.
    """

    decision: DecisionId | None
    at: datetime
    rules: frozenset[RuleId]

    def rearms(self, rule: RuleId) -> bool:
        """Tell whether it re-arms *rule*."""
        return (rule in self.rules) is (self.decision is not None)


@dataclass(frozen=True, slots=True)
class CellEvent:
    """An entry into ``breached`` or its end; *joins* names the ended decision whose late ground an opening is."""

    cell: Cell
    event: RuleEvent
    joins: DecisionId | None = None


@dataclass(frozen=True, slots=True)
class CellFold:
    """What folding a cell up to slot *last* gives; nothing of it holds before it is committed."""

    cell: Cell
    state: RuleState
    last: int
    clear_run: int
    events: tuple[CellEvent, ...] = ()


@dataclass(slots=True)
class SiteFold:
    """All cells of one site that were folded in one piece, with the ends of decisions the fold took into account."""

    ended: tuple[Ended, ...] = ()
    folds: list[CellFold] = field(default_factory=list)

    def events(self) -> list[CellEvent]:
        """Return the events by instant, then in file order."""
        found = [event for cell_fold in self.folds for event in cell_fold.events]
        return sorted(found, key=lambda found: (found.event.at, found.cell.order))


def fail_cell(cell: Cell, last: int) -> CellFold:
    """Count a failed evaluation; no slot is consumed."""
    return CellFold(cell, failed(cell.state), last, 0)


def fold_cell(cell: Cell, rule: ResolvedRule, upto: int, start: int, ended: Sequence[Ended] = ()) -> CellFold:
    """
    Fold the slots *start* … *upto* into a cell.

    Args:
        cell: The cell; its columns hold the slots from ``start - rule.history + 1`` (or its activation) on.
        rule: The cell's resolved rule.
        upto: The newest slot to fold.
        start: The first slot to fold.
        ended: Decisions at this site that ended, and go-lives, after the cell was armed, oldest first.

    """
    first = start - rule.history + 1
    slots = classify(rule, first, cell.samples(first, upto))
    state, events = _fold_through(cell, rule, slots, start, ended)
    calm = state.condition is Condition.OK and state.no_data is None and not state.failures
    clear = len(slots.classes) - len(slots.classes.rstrip(b"C")) if calm and armed_slot(rule, state) <= first else 0
    return CellFold(cell, state, upto, clear, tuple(events))


def _fold_through(
    cell: Cell, rule: ResolvedRule, slots: Slots, start: int, ended: Sequence[Ended]
) -> tuple[RuleState, list[CellEvent]]:
    """Fold up to each end of a decision under the old activation, and on from there under the new one."""
    state, events = cell.state, []
    for end in ended:
        if end.at <= state.armed_at:
            continue
        boundary = rule.grid.at_or_after(end.at)
        before = Slots(slots.first, *(part[: max(0, boundary - slots.first)] for part in (slots.classes, slots.good)))
        state, found = fold(rule, state, before, start=start)
        events += [CellEvent(cell, event, end.decision if _grounds(cell, event) else None) for event in found]
        start = max(start, min(boundary, slots.last + 1))
        late = end.decision is not None and any(_grounds(cell, event) for event in found)
        if boundary <= slots.last + 1 and (end.rearms(cell.rule.id) or late):
            state = replace(rearmed(end.at), failures=state.failures)
    state, found = fold(rule, state, slots, start=start)
    return state, events + [CellEvent(cell, event) for event in found]


def _grounds(cell: Cell, event: RuleEvent) -> bool:
    return event.change is Change.OPENED and cell.rule.mode is Mode.ENFORCE
