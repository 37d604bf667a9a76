"""Connections to PostgreSQL that wait for a silent server so long and no longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from psycopg import Connection, OperationalError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from datetime import timedelta

    from psycopg.abc import PQGen

T = TypeVar("T")

TURN = 0.5
"""Seconds after which a wait looks how long it has lasted."""


def patient(patience: timedelta) -> Callable[..., Connection[Any]]:
    """
    Return what connects as `psycopg.connect` does; a server that says nothing for *patience* counts as lost.

    The kernel notices a peer that acknowledges nothing. A server that is frozen, or a proxy whose server is gone,
    acknowledges everything, and only an end to our own patience ends that wait.
    """
    turns = max(1, round(patience.total_seconds() / TURN))

    class Patient(Connection[Any]):
        """Closed as soon as its server is given up."""

        def wait(self, gen: PQGen[T], *_more: Any, **_named: Any) -> T:  # noqa: ANN401 – waits of psycopg's own length
            try:
                return super().wait(_counted(gen, turns), TURN)
            except TimeoutError as silence:
                self.close()
                raise OperationalError(str(silence)) from None

    return Patient.connect


def _counted(gen: PQGen[T], turns: int) -> Generator[Any, Any, T]:
    """Do as *gen* does, until nothing was there to be read or written *turns* times in a row."""
    left = turns
    try:
        asked = next(gen)
        while True:
            ready = yield asked
            left = turns if ready else left - 1
            if left == 0:
                raise TimeoutError(f"the server has said nothing for {turns * TURN:g} s")
            asked = gen.send(ready)
    except StopIteration as ended:
        value: T = ended.value
        return value
