"""Asking whether the receiver would take a message, before there is one and while all is quiet."""

from __future__ import annotations

from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.core.outbox import Effect
from stopwatch.watch.delivery.pacing import PROBE_EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from stopwatch.core.outbox import Delivery
    from stopwatch.watch.delivery.line import Line
    from stopwatch.watch.delivery.report import Tally

ASK_EVERY = timedelta(minutes=5)
LOOK_EVERY = timedelta(seconds=10)
LOOKS = 5
"""How many places are looked at every `LOOK_EVERY`, half of what Slack allows."""


class Greeting:
    """
    Asks at the start and every five minutes whether our credentials and the places of our messages are good.

    Without it a token that was revoked, or a channel that was archived, is found by the first pause that nobody sees.
    """

    def __init__(self, line: Line, look: Callable[[str], Delivery | None], places: Collection[str]) -> None:
        """Ask on *line*; *look* says what would become of a message to one of *places*, None where it cannot tell."""
        self._line = line
        self._look = look
        self._places = tuple(places)
        self._left = deque[str]()
        self._due: datetime | None = None
        self._seen: dict[str, str] = {}

    def pass_time(self, now: datetime, tally: Tally) -> None:
        """Ask what is due; while the circuit is open its own probe asks."""
        if self._line.pacing.open or (self._due is not None and now < self._due <= now + ASK_EVERY):
            return
        if not self._left and not self._accepted(now, tally):
            self._due = now + PROBE_EVERY
            return
        for _ in range(LOOKS):
            if self._left:
                self._look_at(self._left.popleft(), now, tally)
        self._due = now + (LOOK_EVERY if self._left else ASK_EVERY)

    def _accepted(self, now: datetime, tally: Tally) -> bool:
        """Try our credentials; if they are good, all places are to be looked at."""
        outcome = self._line.notifier.probe()
        tally.note("probe", outcome)
        if outcome.effect is Effect.BAD_APP:
            self._line.trip(outcome, now)
        if outcome.effect is not Effect.SENT:
            return False
        self._left.extend(self._places)
        return True

    def _look_at(self, place: str, now: datetime, tally: Tally) -> None:
        outcome = self._look(place)
        if outcome is None:  # a right to look that is missing is missing everywhere
            self._left.clear()
            return
        tally.note("look", outcome)
        known = self._line.pacing.broken.get(place)
        if outcome.effect is Effect.BAD_DESTINATION:
            self._line.broke(place, outcome.code, now)
            self._seen[place] = outcome.code
        elif known is not None and known == self._seen.pop(place, None):  # a look may not see why a message is refused
            self._line.pacing.mended(place)
