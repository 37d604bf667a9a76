"""What delivery needs of the world: the outbox as the sender sees it, and a notifier that posts and looks up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from stopwatch.core.decision import Decision, DecisionId
    from stopwatch.core.outbox import Delivery, Detail, OutboxRow, OutboxState


class Outbox(Protocol):
    """The outbox as the sender sees it; every call is one transaction of its own."""

    def due(self, now: datetime, *, limit: int, notifier: str | None = None) -> list[OutboxRow]:
        """
        Return rows with work to do and ``due_at`` not after *now*, most urgent first: root, escalation, update, thread.

        Without *notifier* they are those of all. These are pending and unknown rows, living messages that are out of
        date, and sent rows not yet swept twice.
        """
        ...

    def claim(self, key: str, now: datetime) -> OutboxRow:
        """Commit, before a request: one more attempt, state unknown, the time of the first attempt."""
        ...

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
        """Write down what became of a row; *sent* is (ts, channel, when) of the message that counts."""
        ...

    def rows(self, state: OutboxState | None = None) -> list[OutboxRow]:
        """Return all rows of a state, or all, oldest first."""
        ...

    def root(self, decision: DecisionId) -> OutboxRow | None:
        """Return the row of the card of a decision."""
        ...

    def card(self, decision: DecisionId) -> Decision | None:
        """Return the decision as it stands, for rendering its card."""
        ...


class Notifier(Protocol):
    """One receiver of messages; it classifies every answer and retries nothing by itself."""

    def post(self, row: OutboxRow, decision: Decision | None, *, thread: str | None, detail: Detail) -> Delivery:
        """Send a message as new, into the thread of message *thread* if given."""
        ...

    def update(self, row: OutboxRow, decision: Decision | None, *, detail: Detail) -> Delivery:
        """Bring the message that was sent as ``row.ts`` to its present state, a card to its decision's."""
        ...

    def find(self, row: OutboxRow, *, thread: str | None) -> Sequence[str] | Delivery:
        """Return the ids of all messages that carry the row's key, oldest first; or why they cannot be looked up."""
        ...

    def delete(self, channel: str, ts: str) -> Delivery:
        """Remove an extra copy."""
        ...

    def probe(self) -> Delivery:
        """Ask whether the credentials are good."""
        ...
