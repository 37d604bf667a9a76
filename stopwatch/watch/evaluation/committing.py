"""Committing what a piece of folding brought: a transaction per site with events, one more for all mere progress."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from stopwatch.core.errors import ProgressConflictError, StoreError
from stopwatch.core.records import StateRow
from stopwatch.watch.evaluation.folding import SiteFold
from stopwatch.watch.evaluation.progress import Progress, save_progress
from stopwatch.watch.evaluation.recording import ended_by_site, record_site

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from stopwatch.core.kpi import SiteId
    from stopwatch.watch.evaluation.cells import Cell, Group, Moving
    from stopwatch.watch.evaluation.folding import CellFold, Ended
    from stopwatch.watch.ports import Store, Writer
from stopwatch.watch.evaluation.recording import Book

Refold = Callable[["Group", "Cell", int, "dict[SiteId, tuple[Ended, ...]]"], "CellFold | None"]
"""Folds a cell up to a slot, given the decisions that ended; None where nothing is due."""

TRIES = 3
"""How often a site is folded again because a decision of it ended meanwhile."""


@dataclass(slots=True)
class Committed:
    """
    What was committed: slots folded, slots among them that were caught up, new grounds.

    *failures* says what was not, in words, *refused* what the records said where they took something not.
    """

    slots: int = 0
    caught_up: int = 0
    grounds: int = 0
    failures: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def __iadd__(self, other: Committed) -> Self:
        """Add what another piece committed."""
        self.slots += other.slots
        self.caught_up += other.caught_up
        self.grounds += other.grounds
        self.failures += other.failures
        self.refused += other.refused
        return self


def commit_folds(
    book: Book,
    refold: Refold,
    store: Store,
    due: Sequence[Group],
    sites: Mapping[SiteId, SiteFold],
    moving: Sequence[Moving],
    *,
    after: datetime,
    now: datetime,
) -> Committed:
    """Record every site and all calm sets; a site that is refused stays where it was and is folded again next tick."""
    done, quiet = Committed(), []
    for site, folded in sites.items():
        if any(cell_fold.events for cell_fold in folded.folds):
            _commit_site(book, refold, store, site, folded, done, after=after, now=now)
        else:
            quiet += folded.folds
    _commit_progress(book.rule_set.plan.rollout, store, due, quiet, moving, done)
    return done


def _commit_site(
    book: Book,
    refold: Refold,
    store: Store,
    site: SiteId,
    folded: SiteFold,
    done: Committed,
    *,
    after: datetime,
    now: datetime,
) -> None:
    for _ in range(TRIES):
        try:
            with store.writing() as tx:
                grounds = record_site(tx, book, site, folded, after=after, now=now)
                rows = [_save(tx, book.rule_set.plan.rollout, cell_fold) for cell_fold in folded.folds]
        except ProgressConflictError:
            folded = _fold_again(book, refold, store, site, folded, after)
            continue
        except StoreError as error:
            done.failures.append(f"{site}: {error}")
            done.refused.append(str(error))
            return
        done.grounds += grounds
        for cell_fold, row in zip(folded.folds, rows, strict=True):
            _settle(cell_fold, row, done)
        return
    done.failures.append(f"{site}: decisions kept ending while its slots were folded; it is folded again next tick")


def _fold_again(book: Book, refold: Refold, store: Store, site: SiteId, folded: SiteFold, after: datetime) -> SiteFold:
    with store.reading() as view:
        ended = ended_by_site(view, book.rule_set.plan.rollout, after)
    again = SiteFold(ended.get(site, ()))
    for old in folded.folds:
        renewed = refold(old.cell.group, old.cell, old.last, ended)
        if renewed is not None:
            again.folds.append(renewed)
    return again


def _commit_progress(
    rollout: str,
    store: Store,
    due: Sequence[Group],
    quiet: Sequence[CellFold],
    moving: Sequence[Moving],
    done: Committed,
) -> None:
    progress = Progress.after(quiet, moving)
    try:
        with store.advancing() as tx:
            rows = [_save(tx, rollout, cell_fold) for cell_fold in quiet]
            behind = [change for group in due for change in save_progress(tx, rollout, group, progress)]
    except StoreError as error:
        done.failures.append(f"progress: {error}")
        done.refused.append(str(error))
        return
    for cell_fold, row in zip(quiet, rows, strict=True):
        _settle(cell_fold, row, done)
    for calm, upto in moving:
        done.slots += len(calm.members) * (upto - calm.last)
        done.caught_up += len(calm.members) * (upto - calm.last - 1)
        calm.last = upto
    for change in behind:
        change.settle()


def _save(tx: Writer, rollout: str, folded: CellFold) -> StateRow | None:
    """Write a cell's state if it differs from what is stored; return the row that is stored afterwards."""
    cell, saved = folded.cell, folded.cell.saved
    if cell.resolved is None:
        return saved
    state = replace(folded.state, failures=0) if folded.state.failures else folded.state
    reported = folded.state.reported(cell.resolved).value
    known = (saved.state, saved.rule_hash, saved.reported, saved.queries) if saved is not None else None
    if known == (state, cell.resolved.hash, reported, cell.keys) and not folded.events:
        return saved
    as_of = cell.resolved.grid.instant(folded.last)
    row = StateRow(rollout, cell.site, cell.rule.id, state, as_of, cell.resolved.hash, reported, cell.keys)
    tx.save_state(row)
    return row


def _settle(folded: CellFold, row: StateRow | None, done: Committed) -> None:
    """Let a fold hold in memory once it holds in the store."""
    cell = folded.cell
    cell.state, cell.clear_run, cell.saved = folded.state, folded.clear_run, row
    if folded.state.failures:
        return
    fresh = folded.last - cell.last if cell.last is not None else 1
    done.slots += fresh
    done.caught_up += fresh - 1
    cell.last = folded.last
