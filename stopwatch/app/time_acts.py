"""What time does by itself: go-lives, ends of overrides and drills, cards that are owed; else nothing at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from stopwatch.app.board import ENDED_SHOWN
from stopwatch.core.decision import DecisionState
from stopwatch.watch.acts.commands import pass_time
from stopwatch.watch.acts.owed import tell_owed
from stopwatch.watch.baseline import rebaselined
from stopwatch.watch.rollout.activating import went_live
from stopwatch.watch.rollout.reach import caught_up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from stopwatch.app.daemon import Daemon
    from stopwatch.app.settling import Laid
    from stopwatch.core.decision import Decision
    from stopwatch.core.kpi import SiteId

log = structlog.get_logger()

FOLLOWED_SECONDS = 10.0
"""How often a replica that follows lays out anew what the leader has done."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a pass depends on besides the time."""

    laid: Laid
    records: object
    blind: frozenset[SiteId]


class TimeActs:
    """
    Lets time act for one daemon; called from one thread of the scheduler.

    A pass that finds the records, the rules and blind sites as the one before left them does nothing until the next
    instant at which time alone changes something: there is nothing else that it could find.
    """

    def __init__(self, daemon: Daemon) -> None:
        """Act for *daemon*."""
        self._daemon = daemon
        self._told_until = daemon.clock.now()
        self._seen: _Seen | None = None
        self._due: datetime | None = None

    def pass_time(self) -> None:
        """
        Do what is due; on a follower, look what changed.

        Raises:
            StoreError: The records could not be read or written; the next pass makes up for it.

        """
        daemon, now = self._daemon, self._daemon.clock.now()
        with daemon.leading.working() as epoch:
            seen = _Seen(daemon.laid, daemon.led.recall.stamp(), daemon.board.blind)
            if seen == self._seen and not self._comes(epoch, now):
                return
            self._seen = None
            if self._outdated(epoch, now):
                daemon.lay_out_anew()
            if epoch is not None:
                self._act(now)
        daemon.note()
        self._seen = seen

    def _comes(self, epoch: int | None, now: datetime) -> bool:
        """Tell whether time alone has something to do."""
        laid = self._daemon.laid
        instants = (self._due, laid.next_go_live)
        return self._moved(epoch) or any(instant is not None and instant <= now for instant in instants)

    def _moved(self, epoch: int | None) -> bool:
        """Tell whether somebody else leads than when it was laid out, or a follower has not looked for a while."""
        laid = self._daemon.laid
        return epoch != laid.epoch or (epoch is None and self._daemon.clock.monotonic() >= laid.at + FOLLOWED_SECONDS)

    def _outdated(self, epoch: int | None, now: datetime) -> bool:
        """Tell whether what is laid out is no longer how the records stand."""
        if epoch is None or self._moved(epoch):
            return self._moved(epoch)
        daemon, laid = self._daemon, self._daemon.laid
        known = next((watch.book.baselines for watch in daemon.watches), {})
        live = went_live(daemon.led.recall, daemon.rule_set.plan, laid.activations, laid.next_go_live, now)
        return live or rebaselined(daemon.led.recall, daemon.rule_set, known)

    def _act(self, now: datetime) -> None:
        daemon = self._daemon
        desk, watches = daemon.led_desk, daemon.watches
        for decision in pass_time(desk, caught_up=lambda site: caught_up(watches, site, now), now=now):
            log.info("decision.changed", decision=decision.id, state=decision.state, rev=decision.rev)
        tell_owed(desk, ended_after=self._told_until - ENDED_SHOWN, now=now)
        self._told_until = now
        with desk.store.reading() as view:
            live = view.decisions(desk.rule_set.plan.rollout, live=True)
        self._due = _due(live, now)
        daemon.verifying = any(decision.state is DecisionState.ROLLED_BACK for decision in live)


def _due(live: Iterable[Decision], now: datetime) -> datetime | None:
    """Return when time alone changes a decision next: at the end of an override; a drill is looked at all the time."""
    ends = [one.until for one in live if one.state is DecisionState.OVERRIDDEN and one.until is not None]
    return min([*ends, *(now for one in live if one.drill)], default=None)
