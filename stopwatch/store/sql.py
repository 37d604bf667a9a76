"""The records in a SQL database: one view or one transaction at a time, and the outbox as the sender sees it."""

from __future__ import annotations

from contextlib import contextmanager
from copy import copy
from sqlite3 import OperationalError as SqliteOperationalError
from typing import TYPE_CHECKING, Self

from sqlalchemy.exc import OperationalError

from stopwatch.core.decision import Decision, DecisionId
from stopwatch.core.errors import StoreError
from stopwatch.core.outbox import MessageKind, OutboxRow, OutboxState
from stopwatch.store import chain, inbox, outbox
from stopwatch.store.bell import Bell
from stopwatch.store.failures import refusing
from stopwatch.store.lease import Lease
from stopwatch.store.recall import Recall
from stopwatch.store.records import SqlReader, SqlWriter
from stopwatch.store.schema import outbox as outbox_table
from stopwatch.store.written import Written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta

    from sqlalchemy import Engine

    from stopwatch.core.inbox import Interaction, Receipt, Result
    from stopwatch.store.lease import Fence
    from stopwatch.store.outbox import Waiting

BEGIN = "stopwatch_begin"
"""The option of a connection that holds its first statement."""


class SqlStore:
    """
    Decisions, states, evidence, audit and outbox; made by ``open_store``, safe to be used from several threads.

    *recall* is the same for whoever looks again and again: it reads only what may have changed. *bell* rings when
    something was committed here.

    Raises (from every method):
        StoreError: The database refused; nothing is half done.
    """

    def __init__(self, reading: Engine, writing: Engine, *, shown: str) -> None:
        """Keep the two ways to begin; *shown* is the database's name for people."""
        self._reading = reading
        self._writing = writing
        self._shown = shown
        self._fence: Fence | None = None
        self.recall = self._recall()
        self.bell = Bell()
        self._refusals: list[str] = []  # one at most; stores under a fence share it

    def _recall(self) -> Recall:
        silent = self._reading.dialect.name == "sqlite"
        opened = self._reading.execution_options(**{BEGIN: ""}) if silent else self._reading
        return Recall(opened, writing=self.writing, noting=self._noting_refusals, shown=self._shown)

    @property
    def refusal(self) -> str | None:
        """What the database said to the newest write, None if it took one since; any thread may ask."""
        return next(iter(self._refusals), None)

    def lease(self, *, holder: str, term: timedelta) -> Lease | None:
        """Return the leader's lease for the candidate *holder*; None on SQLite, whose lock file admits one daemon."""
        if self._writing.dialect.name == "sqlite":
            return None
        alone = self._writing.execution_options(**{BEGIN: ""}, isolation_level="AUTOCOMMIT")
        return Lease(alone, shown=self._shown, holder=holder, term=term)

    def under(self, fence: Fence | None) -> Self:
        """Return the same store for writes that pass *fence*; None lets them through."""
        if fence is None:
            return self
        fenced = copy(self)
        fenced._fence = fence  # noqa: SLF001 - a copy of our own
        fenced.recall = fenced._recall()  # noqa: SLF001 - as above
        return fenced

    def close(self) -> None:
        """Close all connections that are not in use."""
        self.recall.close()
        self._reading.dispose()

    @contextmanager
    def reading(self) -> Iterator[SqlReader]:
        """Open a read-only view of one moment."""
        with refusing(self._shown), self._reading.begin() as connection:
            yield SqlReader(connection)

    @contextmanager
    def writing(self) -> Iterator[SqlWriter]:
        """
        Open the one transaction that may write now; it commits if the block ends without an exception.

        Raises:
            LeaseLostError: It is written under the leader's lease (`under`), and that is over; nothing is written.

        """
        with self._noting_refusals() as written, refusing(self._shown), self._writing.begin() as connection:
            if self._fence is not None:
                self._fence.enter(connection)
            with written.watching(connection):
                yield SqlWriter(connection)
            if self._fence is not None:
                self._fence.leave(connection)
        self.bell.ring()

    def advancing(self) -> AbstractContextManager[SqlWriter]:
        """Open a transaction for states and progress alone, after which `recall` need not look again."""
        return self.recall.advancing()

    @contextmanager
    def _noting_refusals(self) -> Iterator[Written]:
        written = Written(asked=bool(self._refusals))
        try:
            yield written
        except StoreError as error:
            # The database's own trouble, not ours with a row.
            if isinstance(error.__cause__, OperationalError | SqliteOperationalError):
                self._refusals[:] = [str(error)]
            raise
        if written.proven:
            self._refusals.clear()

    def verify_audit(self) -> int | None:
        """Return the number of the first audit row that does not fit the chain, None if all do."""
        with self.reading() as reader:
            return chain.verify(reader.connection)

    # ------------------------------------------------------------------------------------------------------- outbox

    def due(self, now: datetime, *, limit: int, notifier: str | None = None) -> list[OutboxRow]:
        """Return rows to work on by *now*, most urgent first (``outbox.due``); asking again in vain costs nothing."""
        with self.recall.reading() as reader:
            return reader.due(now, limit=limit, notifier=notifier)

    def claim(self, key: str, now: datetime) -> OutboxRow:
        """Commit one more attempt before its request; a row that was dropped meanwhile raises StoreError."""
        with self.writing() as writer:
            return outbox.claim(writer.connection, key, now)

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
        with self.writing() as writer:
            outbox.settle(
                writer.connection, key, state, due_at=due_at, error=error, sent=sent, delivered=delivered, swept=swept
            )

    def rows(self, state: OutboxState | None = None) -> list[OutboxRow]:
        """Return all rows of a state, or all, oldest first."""
        with self.reading() as reader:
            return outbox.rows(reader.connection, None if state is None else outbox_table.c.state == state.value)

    def root(self, decision: DecisionId) -> OutboxRow | None:
        """Return the row of the card of a decision."""
        of_card = (outbox_table.c.decision == decision) & (outbox_table.c.kind == MessageKind.ROOT.value)
        with self.reading() as reader:
            return next(iter(outbox.rows(reader.connection, of_card)), None)

    def card(self, decision: DecisionId) -> Decision | None:
        """Return the decision as it stands, for rendering its card."""
        with self.reading() as reader:
            return reader.decision(decision)

    def outbox_waiting(self) -> list[Waiting]:
        """Return what every notifier still has to deliver; looking again costs nothing while nothing changes."""
        with self.recall.reading() as reader:
            return reader.waiting()

    # -------------------------------------------------------------------------------------------------------- inbox

    def receive(self, deed: Interaction, *, now: datetime, result: Result | None = None) -> Receipt:
        """Commit what a person did, before Slack is answered; without a *result* it waits to be applied."""
        with self.writing() as writer:
            return inbox.receive(writer.connection, deed, now=now, result=result)

    def waiting(self) -> list[tuple[Interaction, datetime]]:
        """Return the deeds that wait with the times of their arrival, oldest first; asking again costs nothing."""
        with self.recall.reading() as reader:
            return reader.deeds()

    def finish(self, key: str, result: Result, *, now: datetime) -> None:
        """Write down what became of a deed."""
        with self.writing() as writer:
            inbox.finish(writer.connection, key, result, now=now)
