"""Bounded waits: everything the demo waits for comes, or is named as what did not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_POLL_SECONDS = 0.5

T = TypeVar("T")


class DemoFailedError(RuntimeError):
    """The demo cannot go on; the message says what is missing and, if it helps, what the daemon said last."""


class NeverCameError(DemoFailedError):
    """Something did not happen in the time that is more than enough for it."""

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what} did not happen within {seconds:g} s")


def wait_for(what: str, look: Callable[[], T | None], *, seconds: float, poll_seconds: float = _POLL_SECONDS) -> T:
    """
    Look again and again until there is something.

    Raises:
        NeverCameError: *seconds* have passed without it.

    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None:
            return found
        if time.monotonic() > deadline:
            raise NeverCameError(what, seconds)
        time.sleep(poll_seconds)
