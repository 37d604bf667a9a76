"""The sender: one pass over the outbox claims, sends, looks up, updates and sweeps, and never waits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Self

from stopwatch.core.outbox import LIVING, Effect, MessageKind, OutboxState
from stopwatch.watch.delivery.card import update
from stopwatch.watch.delivery.greeting import Greeting
from stopwatch.watch.delivery.line import Line, log
from stopwatch.watch.delivery.look import look_up, sweep
from stopwatch.watch.delivery.pacing import Pacing
from stopwatch.watch.delivery.post import post
from stopwatch.watch.delivery.report import Tally
from stopwatch.watch.delivery.summary import bundles

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from random import Random

    from stopwatch.core.outbox import Delivery, OutboxRow
    from stopwatch.core.rollout import DeliveryPlan
    from stopwatch.watch.delivery.mail import Notifier, Outbox
    from stopwatch.watch.delivery.report import DeliveryReport

LIMIT = 500
MISSES = 2
"""After so many requests in a row that nobody answered, the rest of a pass waits for the next one."""


class Sender:
    """
    Delivers the rows of one notifier.

    What it remembers between passes is pace and health only; everything that must survive is in the outbox.

    Args:
        outbox: The outbox.
        notifier: The receiver; it retries nothing by itself.
        plan: How long an unknown end settles, and when sent messages are swept.
        rng: Jitter of the waits.
        name: Whose rows are delivered.
        fallback: Where messages go whose destination refuses us.
        fence: Does a row's work and tells whether it ended well; without it whatever is raised ends the pass.
        kinds: Which of its messages; who delivers slow ones leaves the others to somebody else.

    """

    def __init__(
        self,
        outbox: Outbox,
        notifier: Notifier,
        *,
        plan: DeliveryPlan,
        rng: Random,
        name: str = "slack",
        fallback: str | None = None,
        fence: Callable[[str, Callable[[], None]], bool] | None = None,
        kinds: Collection[MessageKind] = frozenset(MessageKind),
    ) -> None:
        self._kinds = kinds
        self._greeting: Greeting | None = None
        self._line = Line(name, outbox, notifier, plan, fallback, Pacing(rng))
        self._fence = fence or _outright
        self._reached = True

    def greeting(self, look: Callable[[str], Delivery | None], places: Collection[str]) -> Self:
        """Try our credentials, and *look* at *places*, also while there is no message; see `Greeting`."""
        self._greeting = Greeting(self._line, look, places)
        return self

    def deliver(self, now: datetime, *, stopping: Callable[[], bool] = lambda: False) -> DeliveryReport:
        """
        Make one pass at *now* over all rows that are due; end it early once *stopping* says so.

        Raises:
            StoreError: The outbox could not be read or written; what was claimed stays unknown and is looked up later.

        """
        tally, pacing = Tally(), self._line.pacing
        pacing.begin(now)
        if self._greeting is not None:
            self._greeting.pass_time(now, tally)
        if not pacing.open or self._probe(now, tally):
            due = self._line.outbox.due(now, limit=LIMIT, notifier=self._line.name)
            rows = [row for row in due if row.message.kind in self._kinds]
            groups = bundles(rows, now=now)
            told = {row.message.key for group in groups.values() for row in group[1:]}
            for row in rows:
                if pacing.open or tally.misses >= MISSES or stopping():
                    break
                if row.message.key not in told:
                    work = partial(self._take, row, groups.get(row.message.key, ()), now, tally)
                    if not self._fence(row.message.key, work):
                        self._set_aside(row, now, tally)
        if tally.asked:
            self._reached = not tally.misses
        up = self._reached and not pacing.open and not self._stranded
        return tally.report(up=up, broken=pacing.broken)

    @property
    def _stranded(self) -> bool:
        """Whether messages are refused that no fallback takes."""
        broken = self._line.pacing.broken
        return bool(broken) and (self._line.fallback is None or self._line.fallback in broken)

    @property
    def refused(self) -> bool:
        """Whether the receiver refuses our credentials, so that nothing can be told."""
        return self._line.pacing.open

    def _probe(self, now: datetime, tally: Tally) -> bool:
        """Ask, once a minute, whether our credentials are good again."""
        if not self._line.pacing.wants_probe(now):
            return False
        outcome = self._line.notifier.probe()
        tally.note("probe", outcome)
        if outcome.effect is not Effect.SENT:
            self._line.pacing.trip(now)
            return False
        self._line.pacing.close()
        log.info("delivery.circuit_closed", notifier=self._line.name)
        return True

    def _set_aside(self, row: OutboxRow, now: datetime, tally: Tally) -> None:
        """Let a row wait that broke in our own hands, so that it holds no other up; it may have been sent."""
        key = row.message.key
        tally.failed["post", "broke"] += 1
        state = OutboxState.SENT if row.state is OutboxState.SENT else OutboxState.UNKNOWN
        due_at = now + max(self._line.plan.settle, self._line.pacing.wait(key))
        self._line.outbox.settle(key, state, due_at=due_at, error="broke")

    def _take(self, row: OutboxRow, group: tuple[OutboxRow, ...], now: datetime, tally: Tally) -> None:
        match row.state:
            case OutboxState.PENDING:
                post(self._line, row, group, now, tally)
            case OutboxState.UNKNOWN:
                look_up(self._line, row, now, tally)
            case OutboxState.SENT if row.message.kind in LIVING and row.delivered < row.desired:
                update(self._line, row, now, tally)
            case OutboxState.SENT:
                sweep(self._line, row, now, tally)
            case OutboxState.DEAD:
                log.warning("delivery.dead_row_offered", key=row.message.key)


def _outright(_key: str, work: Callable[[], None]) -> bool:
    work()
    return True
