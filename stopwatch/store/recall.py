"""Records that are looked at again and again: what was read once is read again only after something was committed."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from sqlite3 import Connection as SqliteConnection
from typing import TYPE_CHECKING, Any, TypeVar

from stopwatch.store import outbox, states
from stopwatch.store.failures import refusing
from stopwatch.store.records import SqlReader, SqlWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection, Engine

    from stopwatch.core.decision import Decision, DecisionId, GroundKind
    from stopwatch.core.inbox import Interaction
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.ledger import Entry, EntryKind
    from stopwatch.core.outbox import MessageKind, OutboxRow
    from stopwatch.core.records import Activation
    from stopwatch.store.outbox import Waiting
    from stopwatch.store.written import Written

T = TypeVar("T")

_NEVER = datetime.max.replace(tzinfo=UTC)
_SNAPSHOT = "SELECT pg_current_snapshot()::text"
_DATA_VERSION = "PRAGMA data_version"
"""
What two views have in common only if they see the same records, read within each of them.

SQLite's number moves when another connection commits, so it is told on one connection that writes nothing which a view
answers from memory. A snapshot of PostgreSQL names the transactions that it sees, so it may be told on any connection.
"""


class Recall:
    """
    The records for whoever looks at them on every pulse.

    Its views are as fresh as any: they only answer from memory what nothing has changed since. One is open at a time,
    and whoever wants the next waits for it, so a view must not be opened within another.
    """

    def __init__(
        self,
        opened: Engine,
        *,
        writing: Callable[[], AbstractContextManager[SqlWriter]],
        noting: Callable[[], AbstractContextManager[Written]],
        shown: str,
    ) -> None:
        """
        Read through *opened*; *noting* takes note of what the database says to a write; *shown* names the database.

        Connections of PostgreSQL begin a view of one moment, those of SQLite nothing at all.
        """
        self._writing = writing
        self._noting = noting
        self._opened = opened
        self._shown = shown
        self._alone = threading.Lock()
        self._connection: Connection | None = None
        self._version: object = None
        self._connected = 0
        self._known: dict[Hashable, Any] = {}
        self._grown: dict[str, tuple[int, Mapping[SiteId, Activation]]] = {}

    def close(self) -> None:
        """Give back the connection; a view that is opened later takes another one."""
        with self._alone:
            self._let_go()

    @contextmanager
    def reading(self) -> Iterator[SqlReader]:
        """Open a read-only view of one moment."""
        with self._alone, refusing(self._shown), self._held("BEGIN") as connection:
            version = _version(connection)
            if version != self._version:
                self._known.clear()
                self._version = version
            yield _RecallingReader(connection, self._known, self._grown)

    def stamp(self) -> object:
        """
        Return what is equal to a later stamp only if nothing was committed in between, but by `advancing` here.

        On PostgreSQL no two are equal: a snapshot moves with the lease, and to ask for one costs as much as to look.

        Raises:
            StoreError: The records could not be read.

        """
        if self._opened.dialect.name != "sqlite":
            return object()
        with self._alone, refusing(self._shown), self._held("") as connection:
            return self._connected, _version(connection)

    def writing(self) -> AbstractContextManager[SqlWriter]:
        """Open the one transaction that may write now."""
        return self._writing()

    def advancing(self) -> AbstractContextManager[SqlWriter]:
        """
        Open a transaction for what no view here answers from memory: states of rules, and how far queries were folded.

        SQLite's number stays where it is for a commit on the connection that asks for it, so nothing is read again
        because an evaluation went on as it does every step.
        """
        return self._advancing() if self._opened.dialect.name == "sqlite" else self._writing()

    @contextmanager
    def _advancing(self) -> Iterator[SqlWriter]:
        with (
            self._noting() as written,
            self._alone,
            refusing(self._shown),
            self._held("BEGIN IMMEDIATE") as connection,
            written.watching(connection),
        ):
            yield SqlWriter(connection)

    @contextmanager
    def _held(self, begin: str) -> Iterator[Connection]:
        """Lend the connection for one transaction, which SQLite's driver begins and ends by itself, at little cost."""
        connection = self._connection = self._connection or self._connect()
        try:
            if connection.dialect.name != "sqlite":
                with connection.begin():
                    yield connection
            elif not begin:
                yield connection
            else:
                _driver(connection).execute(begin)
                yield connection
                if connection.in_transaction():
                    connection.commit()
                else:
                    _driver(connection).execute("COMMIT")
        except BaseException:
            self._let_go()
            raise
        if connection.dialect.name != "sqlite":  # the pool looks whether a connection still works, and we do not
            self._connection = None
            connection.close()

    def _connect(self) -> Connection:
        self._connected += 1  # every connection of SQLite counts for itself
        return self._opened.connect()

    def _let_go(self) -> None:
        connection, self._connection, self._version = self._connection, None, None
        self._grown.clear()
        if connection is not None:
            connection.close()


def _version(connection: Connection) -> object:
    if connection.dialect.name == "sqlite":
        return _driver(connection).execute(_DATA_VERSION).fetchone()
    return connection.exec_driver_sql(_SNAPSHOT).scalar_one()


def _driver(connection: Connection) -> SqliteConnection:
    """Return SQLite's own connection below SQLAlchemy's."""
    driver = connection.connection.driver_connection
    if not isinstance(driver, SqliteConnection):
        message = f"{type(driver).__name__} is no connection of SQLite"
        raise TypeError(message)
    return driver


class _RecallingReader(SqlReader):
    """A view that notes its answers in *known* (in *grown*, activations with their number) and looks there first."""

    def __init__(
        self,
        connection: Connection,
        known: dict[Hashable, Any],
        grown: dict[str, tuple[int, Mapping[SiteId, Activation]]],
    ) -> None:
        super().__init__(connection)
        self._known = known
        self._grown = grown

    def _once(self, key: Hashable, read: Callable[[], T]) -> T:
        if key not in self._known:
            self._known[key] = read()
        found: T = self._known[key]
        return found

    def _since(self, key: Hashable, instant: datetime, read: Callable[[], list[T]]) -> list[T]:
        """Return what was read for an instant that was not after *instant*, or read it anew; the caller filters it."""
        before = self._known.get(key)
        if before is None or instant < before[0]:
            before = self._known[key] = (instant, read())
        found: list[T] = before[1]
        return found

    def decision(self, decision: DecisionId) -> Decision | None:
        return self._once(("decision", decision), lambda: super(_RecallingReader, self).decision(decision))

    def decisions(
        self, rollout: str, *, state: str | None = None, site: SiteId | None = None, live: bool | None = None
    ) -> list[Decision]:
        def read() -> list[Decision]:
            return super(_RecallingReader, self).decisions(rollout, state=state, site=site, live=live)

        return self._once(("decisions", rollout, state, site, live), read)

    def ended_after(self, rollout: str, instant: datetime) -> list[Decision]:
        def read() -> list[Decision]:
            return super(_RecallingReader, self).ended_after(rollout, instant)

        found = self._since(("ended_after", rollout), instant, read)
        return [decision for decision in found if decision.ended_at is not None and decision.ended_at > instant]

    def reactivations(self, rollout: str, after: datetime) -> list[Activation]:
        def read() -> list[Activation]:
            return super(_RecallingReader, self).reactivations(rollout, after)

        found = self._since(("reactivations", rollout), after, read)
        return [anew for anew in found if anew.at > after or anew.recorded_at > after]

    def activations(self, rollout: str) -> Mapping[SiteId, Activation]:
        def read() -> Mapping[SiteId, Activation]:
            # One row a site and more: they are only ever added to, so their number tells whether they are the same.
            number, before = states.count_activations(self.connection, rollout), self._grown.get(rollout)
            if before is None or before[0] != number:
                before = self._grown[rollout] = (number, super(_RecallingReader, self).activations(rollout))
            return before[1]

        return self._once(("activations", rollout), read)

    def opened_counts(self, rollout: str) -> dict[str, dict[GroundKind, int]]:
        return self._once(("opened_counts", rollout), lambda: super(_RecallingReader, self).opened_counts(rollout))

    def entries(self, rollout: str, *, kind: EntryKind | None = None, scope: str | None = None) -> list[Entry]:
        def read() -> list[Entry]:
            return super(_RecallingReader, self).entries(rollout, kind=kind, scope=scope)

        return self._once(("entries", rollout, kind, scope), read)

    def newest_entries(self, rollout: str, *kinds: EntryKind) -> list[Entry]:
        def read() -> list[Entry]:
            return super(_RecallingReader, self).newest_entries(rollout, *kinds)

        return self._once(("newest_entries", rollout, kinds), read)

    def card_channels(self, decision: DecisionId) -> list[str]:
        return self._once(("card_channels", decision), lambda: super(_RecallingReader, self).card_channels(decision))

    def messages(self, decision: DecisionId) -> list[OutboxRow]:
        return self._once(("messages", decision), lambda: super(_RecallingReader, self).messages(decision))

    def due(self, now: datetime, *, limit: int, notifier: str | None = None) -> list[OutboxRow]:
        nothing_before = self._known.get(("due", notifier))
        if nothing_before is not None and now < nothing_before:
            return []
        found = super().due(now, limit=limit, notifier=notifier)
        if not found and self.connection.dialect.name == "sqlite":
            self._known["due", notifier] = outbox.next_due(self.connection, notifier=notifier) or _NEVER
        return found

    def deeds(self) -> list[tuple[Interaction, datetime]]:
        return self._once(("deeds",), super().deeds)

    def waiting(self) -> list[Waiting]:
        return self._once(("waiting",), super().waiting)

    def unsent(self, kind: MessageKind) -> list[OutboxRow]:
        return self._once(("unsent", kind), lambda: super(_RecallingReader, self).unsent(kind))
