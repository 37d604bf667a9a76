"""
The lease of the leader: one row in PostgreSQL, in the database's own time, and the fence that its writes pass.

Why a stale leader cannot write, wherever it was frozen. A transaction under the lease (`Fence`)

1. begins by locking the row (``FOR KEY SHARE``) where it holds the leader's own epoch and has not expired by
   ``clock_timestamp()``; there is no such row any more once somebody else has taken over, and the write is refused;
2. ends, before COMMIT, by asking the same again, so that nothing is committed that began in time and ended too late;
3. keeps the lock until COMMIT. A take-over asks for the row ``FOR UPDATE``, so it waits for the lock; a renewal does
   not, or a transaction that lasts would end its own lease. Frozen between 2 and COMMIT, a transaction therefore either
   commits before the take-over, and the new leader, which reads the records afterwards, sees it whole; or it loses its
   session, and the COMMIT that comes after the thaw finds nothing to commit.

The wait in 3 is bounded: the server ends a session that stands still in a transaction (`STILL`), and whoever wants to
take over ends sessions of the expired lease that are older than that, such as one whose answer nobody fetches. Every
epoch is used by one process once: taking over, and leading again after the lease was lost, begin a new one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from stopwatch.core.errors import LeaseLostError
from stopwatch.store.failures import refusing

if TYPE_CHECKING:
    from sqlalchemy import Engine

STILL = timedelta(seconds=10)
"""How long a writing transaction may stand still before the server ends its session."""
LEADER_SESSION = "stopwatch leader"
"""What sessions call themselves while they write under the lease."""

_BEGIN = text("""
    INSERT INTO lease (name, epoch, holder, until)
    VALUES ('leader', 1, :holder, clock_timestamp() + make_interval(secs => :seconds))
    ON CONFLICT (name) DO NOTHING RETURNING epoch
""")
_TAKE = text("""
    WITH over AS (SELECT name FROM lease WHERE name = 'leader' AND until <= clock_timestamp() FOR UPDATE)
    UPDATE lease
    SET epoch = lease.epoch + 1, holder = :holder, until = clock_timestamp() + make_interval(secs => :seconds)
    FROM over WHERE lease.name = over.name
    RETURNING lease.epoch
""")
_RENEW = text("""
    UPDATE lease SET until = clock_timestamp() + make_interval(secs => :seconds)
    WHERE name = 'leader' AND epoch = :epoch AND until > clock_timestamp()
""")
_RELEASE = text("UPDATE lease SET until = clock_timestamp() WHERE name = 'leader' AND epoch = :epoch")
_LOOK = text("""
    SELECT epoch, holder, CAST(EXTRACT(EPOCH FROM until - clock_timestamp()) AS double precision) AS seconds
    FROM lease WHERE name = 'leader'
""")
_ENTER = text("""
    SELECT set_config('application_name', :session, true) FROM lease
    WHERE name = 'leader' AND epoch = :epoch AND until > clock_timestamp() FOR KEY SHARE
""")
_LEAVE = text("SELECT 1 FROM lease WHERE name = 'leader' AND epoch = :epoch AND until > clock_timestamp()")
_END_LEFTOVERS = text("""
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user AND application_name = :session
    AND xact_start < clock_timestamp() - make_interval(secs => :seconds)
""")


@dataclass(frozen=True, slots=True)
class Held:
    """Who leads, or led last: *left* is how long the lease lasts yet, negative once it has expired."""

    epoch: int
    holder: str
    left: timedelta


class Lease:
    """
    The lease as one candidate sees it; safe to be used from several threads.

    Raises (from every method):
        StoreError: The database refused or cannot be reached.

    """

    def __init__(self, alone: Engine, *, shown: str, holder: str, term: timedelta) -> None:
        """
        Ask for it as *holder*, for *term* each time.

        *alone* waits for no other writer and commits each statement by itself: whoever is frozen between a renewal
        and its COMMIT would keep the row, and with it the take-over, until the server ends the session.
        """
        self._alone = alone
        self._shown = shown
        self._holder = holder
        self._term = {"seconds": term.total_seconds()}

    def take(self) -> int | None:
        """Take the lease if nobody holds it; return the new epoch, None while somebody does."""
        held = self.look()
        if held is not None and held.left > timedelta(0):
            return None
        with refusing(self._shown), self._alone.begin() as connection:
            leftovers = {"session": LEADER_SESSION, "seconds": STILL.total_seconds()}
            connection.execute(_END_LEFTOVERS, leftovers).all()
        with refusing(self._shown), self._alone.begin() as connection:
            take = _BEGIN if held is None else _TAKE
            epoch = connection.execute(take, {"holder": self._holder} | self._term).scalar_one_or_none()
        return None if epoch is None else int(epoch)

    def renew(self, epoch: int) -> bool:
        """Begin the term anew; False if it was over, which ends the epoch for good."""
        with refusing(self._shown), self._alone.begin() as connection:
            return connection.execute(_RENEW, {"epoch": epoch} | self._term).rowcount == 1

    def release(self, epoch: int) -> None:
        """Let somebody else take over at once."""
        with refusing(self._shown), self._alone.begin() as connection:
            connection.execute(_RELEASE, {"epoch": epoch})

    def look(self) -> Held | None:
        """Return who leads or led last, None if nobody ever did."""
        with refusing(self._shown), self._alone.begin() as connection:
            row = connection.execute(_LOOK).one_or_none()
        return None if row is None else Held(row.epoch, row.holder, timedelta(seconds=row.seconds))


class Fence(threading.local):
    """
    What writes under the lease pass; *epoch* is that of the thread's present work.

    It is kept by thread, so that work that was begun under one epoch and thawed under a later one of the same process
    is refused as that of any other process. A thread that was told no epoch may write nothing.
    """

    epoch: int | None = None

    def enter(self, connection: Connection) -> None:
        """
        Hold the lease's row until the transaction ends.

        Raises:
            LeaseLostError: The epoch is over.

        """
        self._ask(connection.execute(_ENTER, {"epoch": self.epoch, "session": LEADER_SESSION}).first())

    def leave(self, connection: Connection) -> None:
        """
        Ask once more before COMMIT.

        Raises:
            LeaseLostError: The epoch is over; the transaction must not be committed.

        """
        self._ask(connection.execute(_LEAVE, {"epoch": self.epoch}).first())

    def _ask(self, row: object | None) -> None:
        if row is None:
            raise LeaseLostError(
                f"the lease of the leader is over (epoch {self.epoch}); another replica evaluates and sends, or will"
            )
