"""Messages that break in our own hands: each fails alone, in the log with its trace, and ends nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.app.scheduler import fenced
from stopwatch.core.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopwatch.slack.payload import Payload


def attempted(render: Callable[[], Payload]) -> Payload | None:
    """
    Return what *render* renders, None if it breaks.

    Raises:
        StoreError: The records could not be read.

    """
    made: list[Payload] = []
    fenced("render", lambda: made.append(render()), passing=StoreError)
    return made[0] if made else None


def ended_well(key: str, work: Callable[[], None]) -> bool:
    """
    Do the *work* on the message *key*; False if it breaks.

    Raises:
        StoreError: The outbox could not be read or written.

    """
    return fenced(f"message:{key}", work, passing=StoreError)
