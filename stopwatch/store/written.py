"""Whether a transaction wrote anything: on a full disk one that writes nothing is taken all the same."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

_ASKED = {
    "sqlite": "SELECT total_changes()",
    "postgresql": "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables",
}
"""Numbers that a written row changes, and a row that is only locked, as that of the lease, does not."""


class Written:
    """Knows of one transaction whether it proves that the database takes writes; asks only if that is in doubt."""

    def __init__(self, *, asked: bool) -> None:
        """Ask if *asked*; else any transaction that is taken will do."""
        self._asked = asked
        self.proven = not asked

    @contextmanager
    def watching(self, connection: Connection) -> Iterator[None]:
        """Compare before and after the block, within the transaction."""
        before = self._number(connection)
        yield
        self.proven = self.proven or self._number(connection) != before

    def _number(self, connection: Connection) -> int | None:
        if not self._asked:
            return None
        return int(connection.exec_driver_sql(_ASKED[connection.dialect.name]).scalar_one())
