"""Doing a request once: work and answer are committed together, and the answer is replayed when it is asked again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from stopwatch.core.errors import KeyReusedError
from stopwatch.core.once import LIFE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from stopwatch.core.once import Answer, Once


class Keeper(Protocol):
    """The kept answers, within the transaction that does the work."""

    def kept_answer(self, caller: str, key: str) -> tuple[Once, Answer] | None:
        """Return the request that used a key first and its answer."""
        ...

    def keep_answer(self, asked: Once, answer: Answer, *, at: datetime) -> None:
        """Keep the answer to a request."""
        ...

    def forget_answers(self, before: datetime) -> None:
        """Forget the answers that were kept before an instant."""
        ...


def once(tx: Keeper, asked: Once, work: Callable[[], Answer], *, now: datetime) -> Answer:
    """
    Do *work* unless it was done under this key within `LIFE`; what it raises is kept by nobody, for it changed nothing.

    Raises:
        KeyReusedError: The key came with another request before.

    """
    tx.forget_answers(now - LIFE)
    known = tx.kept_answer(asked.caller, asked.key)
    if known is None:
        answer = work()
        tx.keep_answer(asked, answer, at=now)
        return answer
    first, answer = known
    if first.request != asked.request:
        raise KeyReusedError("this idempotency key came with another request before; take a new key for a new request")
    return answer
