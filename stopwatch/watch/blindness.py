"""Telling of blind sites: one message a site, edited while it lasts, closed when the site is seen again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from stopwatch.core.blind import BLIND, SEEN, UNEVALUATED_STEPS, Blindness, Looked, blind_sites, first_seen, to_be_told
from stopwatch.core.grid import rfc3339, stamp
from stopwatch.core.kpi import SiteId
from stopwatch.core.opening import DAEMON
from stopwatch.core.outbox import Message, MessageKind, OutboxState
from stopwatch.core.records import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from stopwatch.core.outbox import OutboxRow
    from stopwatch.core.rollout import Plan
    from stopwatch.watch.evaluation.cells import Cell, Group
    from stopwatch.watch.evaluation.tick import SourceWatch
    from stopwatch.watch.ports import Store, Writer


@dataclass(frozen=True, slots=True)
class Sights:
    """What one look came to: sites told to be blind from now on, those seen again, and all that are blind now."""

    blind: tuple[Blindness, ...] = ()
    over: tuple[SiteId, ...] = ()
    now_blind: frozenset[SiteId] = frozenset()


@dataclass(slots=True)
class BlindWatch:
    """
    Remembers which sites it has told to be blind; what it forgets at a restart, the outbox knows.

    *told* holds the key and the newest facts of every site's open message, None before the outbox was asked.
    """

    told: dict[SiteId, tuple[str, Mapping[str, object]]] | None = None
    seen_since: dict[SiteId, datetime] = field(default_factory=dict)

    def look(
        self,
        store: Store,
        plan: Plan,
        looks: Iterable[Looked],
        *,
        channel: Callable[[SiteId | None], str | None],
        now: datetime,
    ) -> Sights:
        """
        Compare what is blind at *now* with what was told of it.

        Raises:
            StoreError: The records could not be read or written; the next look makes up for it.

        """
        if self.told is None:
            self.told = _open_messages(store, plan.rollout)
        blind = blind_sites(looks, now)
        self.seen_since = first_seen(self.seen_since, blind, now)
        fresh = [
            found
            for site, found in blind.items()
            if site not in self.told and to_be_told(found, self.seen_since[site], now)
        ]
        changed = {
            site: _facts(plan, blind[site]) | {"since": facts["since"]}
            for site, (_key, facts) in self.told.items()
            if site in blind and facts.get("rules") != _facts(plan, blind[site])["rules"]
        }
        over = tuple(site for site in self.told if site not in blind)
        if fresh or changed or over:
            told = dict(self.told)
            with store.writing() as tx:
                self._write(tx, plan, told, (fresh, changed, over), channel, now)
            self.told = told
        return Sights(tuple(fresh), over, frozenset(blind))

    def _write(
        self,
        tx: Writer,
        plan: Plan,
        told: dict[SiteId, tuple[str, Mapping[str, object]]],
        change: tuple[list[Blindness], Mapping[SiteId, Mapping[str, object]], tuple[SiteId, ...]],
        channel: Callable[[SiteId | None], str | None],
        now: datetime,
    ) -> None:
        fresh, changed, over = change
        for found in fresh:
            key, facts, where = f"blind/{found.site}/{stamp(found.since)}", _facts(plan, found), channel(found.site)
            told[found.site] = (key, facts)
            told_of = {"site": found.site, "key": key, "rollout": plan.rollout, "since": rfc3339(found.since)}
            tx.audit(AuditEntry(now, DAEMON, DAEMON, BLIND, details=told_of))
            if where is not None:
                tx.enqueue(Message(key, MessageKind.BLIND, where, None, 0, facts), now=now)
                # The same blindness, closed too early and found again, goes on in its message.
                tx.revise(key, facts)
                tx.retry(key, now=now)
        for site, renewed in changed.items():
            key = told[site][0]
            told[site] = (key, renewed)
            tx.revise(key, renewed)
        for site in over:
            key, last = told.pop(site)
            tx.revise(key, {**last, "over": rfc3339(now)})
            tx.audit(AuditEntry(now, DAEMON, DAEMON, SEEN, details={"site": site, "key": key}))
            row = next((row for row in tx.unsent(MessageKind.BLIND) if row.message.key == key), None)
            if row is not None and row.state is OutboxState.PENDING:
                # Nobody was told that it was blind, so nobody needs to hear that it is over.
                tx.drop(key, "over")


def looks_of(watches: Iterable[SourceWatch], now: datetime) -> Iterator[Looked]:
    """Yield how well every rule at every watched site was seen so far; a calm one can be blind only if it is behind."""
    for watch in watches:
        for group in watch.groups:
            too_old = group.grid.at_or_before(now - group.eval_delay - UNEVALUATED_STEPS * group.grid.step)
            for cell in group.cells:
                calm = cell.calm
                if calm is None or calm.last <= too_old:
                    yield _looked(group, cell)


def _looked(group: Group, cell: Cell) -> Looked:
    state, saved = cell.state, cell.saved
    known_since = saved.as_of if saved is not None and saved.state.no_data is state.no_data else None
    newest = cell.last if cell.last is not None else group.grid.at_or_after(state.armed_at + cell.rule.settle) - 1
    return Looked(
        cell.site,
        cell.rule.id,
        group.grid.step,
        group.eval_delay,
        group.grid.instant(newest),
        no_data=state.no_data,
        no_data_since=known_since,
        failing=state.failures >= cell.rule.error_after,
    )


def _facts(plan: Plan, found: Blindness) -> dict[str, object]:
    """Return what the message is written from, as JSON values."""
    site = plan.sites.get(found.site)
    return {
        "site": found.site,
        "rollout": plan.rollout,
        "site_name": site.name if site is not None else found.site,
        "since": rfc3339(found.since),
        "rules": [{"rule": rule.rule, "why": rule.why.value} for rule in found.rules],
        "mentions": [site.on_call] if site is not None and site.on_call else [],
    }


def _open_messages(store: Store, rollout: str) -> dict[SiteId, tuple[str, Mapping[str, object]]]:
    with store.reading() as view:
        rows = [row for row in view.every(MessageKind.BLIND) if _is_open(row, rollout)]
    return {_site(row): (row.message.key, row.message.body) for row in rows}


def _is_open(row: OutboxRow, rollout: str) -> bool:
    body = row.message.body
    return body.get("rollout") == rollout and "over" not in body and row.state is not OutboxState.DEAD


def _site(row: OutboxRow) -> SiteId:
    return SiteId(str(row.message.body["site"]))
