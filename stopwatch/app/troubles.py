"""What goes wrong with evaluations: queries that fail, and what was judged and could not be recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.app.complaints import Complaints
from stopwatch.app.saying import say_news

if TYPE_CHECKING:
    from collections.abc import Callable

    from stopwatch.watch.evaluation.tick import TickReport


class Troubles:
    """
    Knows what fails, and says it when it begins, changes or ends; safe to be asked from any thread.

    That the database took its newest write is not enough: on a full disk small writes find room in its log, and the
    pause that nobody can record would be forgotten. So what an evaluation was refused stands until it is recorded.
    """

    def __init__(self, newest: Callable[[], str | None]) -> None:
        """Begin with nothing wrong; *newest* says what the database said to its newest write."""
        self._newest = newest
        self._refused: dict[str, str] = {}
        self._reads: dict[str, Complaints] = {}
        self._writes: dict[str, Complaints] = {}

    @property
    def refusal(self) -> str | None:
        """What the database said, None if everything is recorded."""
        return self._newest() or next(iter(list(self._refused.values())), None)

    @property
    def failing(self) -> list[tuple[str, str]]:
        """Which queries fail now, with the source that was asked."""
        return [(source, each) for source, known in list(self._reads.items()) for each in known.standing]

    def note(self, report: TickReport, *, at: float, over_after: float) -> bool:
        """Note and log how an evaluation went, at and after monotonic seconds; tell whether all of it was recorded."""
        for known, failures in ((self._reads, report.reads.failures), (self._writes, report.committed.failures)):
            complaints = known.setdefault(report.source, Complaints())
            say_news(report.source, *complaints.news(failures, at=at, over_after=over_after))
        refused = report.committed.refused
        if refused:
            self._refused[report.source] = refused[0]
        else:
            self._refused.pop(report.source, None)
        return not refused

    def forget(self) -> None:
        """Forget everything: who follows asks and records nothing."""
        for known in (self._refused, self._reads, self._writes):
            known.clear()
