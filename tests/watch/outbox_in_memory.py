"""An outbox in memory that keeps the store's contract, for tests of the sender."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from stopwatch.core.errors import StoreError
from stopwatch.core.outbox import LIVING, Message, MessageKind, OutboxRow, OutboxState

if TYPE_CHECKING:
    from datetime import datetime

    from stopwatch.core.decision import Decision, DecisionId

UNSENT = {OutboxState.PENDING, OutboxState.UNKNOWN}
SWEEPS = 2


class MemoryOutbox:
    """Rows and decisions in dictionaries; *written* holds every state a row was brought to, in order."""

    def __init__(self) -> None:
        self.table: dict[str, OutboxRow] = {}
        self.decisions: dict[DecisionId, Decision] = {}
        self.written: list[tuple[str, OutboxState]] = []

    def tell(self, decision: Decision, *messages: Message, now: datetime) -> None:
        """Save a decision, ask for a fresh card and put messages in, as one transaction of the store would."""
        self.decisions[decision.id] = decision
        for row in list(self.table.values()):
            if row.message.kind is MessageKind.ROOT and row.message.decision == decision.id:
                stands = row.state is OutboxState.SENT and row.error is None
                due_at = row.created_at if stands else row.due_at
                self._put(replace(row, desired=row.desired + 1, due_at=due_at))
        for message in messages:
            if message.key not in self.table:
                self._put(OutboxRow(message, OutboxState.PENDING, 0, now, now))

    def due(self, now: datetime, *, limit: int, notifier: str | None = None) -> list[OutboxRow]:
        ready = [row for row in self.table.values() if row.due_at <= now and self._wanted(row)]
        ready = [row for row in ready if notifier in {None, row.message.notifier}]
        return sorted(ready, key=self._rank)[:limit]

    def claim(self, key: str, now: datetime) -> OutboxRow:
        row = self.table[key]
        if row.state is OutboxState.DEAD:
            raise StoreError(f"{key} was dropped")
        state = OutboxState.SENT if row.state is OutboxState.SENT else OutboxState.UNKNOWN
        first = row.first_attempt_at or now
        return self._put(replace(row, state=state, attempts=row.attempts + 1, first_attempt_at=first))

    def settle(
        self,
        key: str,
        state: OutboxState,
        *,
        due_at: datetime,
        error: str | None = None,
        sent: tuple[str, str, datetime] | None = None,
        delivered: int | None = None,
        swept: int | None = None,
    ) -> None:
        row = replace(self.table[key], state=state, due_at=due_at, error=error)
        if sent is not None:
            row = replace(row, ts=sent[0], sent_channel=sent[1], sent_at=sent[2])
        if delivered is not None:
            overtaken = row.message.kind in LIVING and row.desired > delivered
            soon = overtaken and state is OutboxState.SENT and error is None
            row = replace(row, delivered=delivered, due_at=row.created_at if soon else due_at)
        self._put(row if swept is None else replace(row, swept=swept))

    def rows(self, state: OutboxState | None = None) -> list[OutboxRow]:
        return [row for row in self.table.values() if state in {None, row.state}]

    def root(self, decision: DecisionId) -> OutboxRow | None:
        roots = (row for row in self.table.values() if row.message.kind is MessageKind.ROOT)
        return next((row for row in roots if row.message.decision == decision), None)

    def card(self, decision: DecisionId) -> Decision | None:
        return self.decisions.get(decision)

    def _put(self, row: OutboxRow) -> OutboxRow:
        self.table[row.message.key] = row
        self.written.append((row.message.key, row.state))
        return row

    def _wanted(self, row: OutboxRow) -> bool:
        if row.state in UNSENT:
            root = self.root(row.message.decision) if row.message.decision else None
            if root is None or root.message.notifier != row.message.notifier:
                return True
            return row.message.kind is MessageKind.ROOT or root.state not in UNSENT
        return row.state is OutboxState.SENT and (self._stale(row) or row.swept < SWEEPS)

    def _stale(self, row: OutboxRow) -> bool:
        return row.message.kind in LIVING and row.delivered < row.desired

    def _rank(self, row: OutboxRow) -> int:
        if row.state in UNSENT:
            return {MessageKind.ROOT: 0, MessageKind.ESCALATION: 1}.get(row.message.kind, 3)
        return 2 if self._stale(row) else 5
