"""The daemon's own metrics: what others observe goes in, one page comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from stopwatch.core.outbox import MessageKind
from stopwatch.telemetry import families
from stopwatch.telemetry.board import board_text
from stopwatch.telemetry.collector import Newest, NewestCollector, Reload

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta

    from stopwatch.core.status import OutboxStatus, StatusView
    from stopwatch.telemetry.families import Family

OK = "ok"
"""The outcome of a query that was answered."""

_DURATIONS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LATENESSES = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600)
_ANSWERS = (30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)


class Metrics:
    """Everything `families` lists; every method may be called from any thread, and none ever waits for a scrape."""

    def __init__(self, *, version: str, now: Callable[[], datetime]) -> None:
        """Begin with what is known from the start; *now* is read at every scrape, for ages."""
        disable_created_metrics()  # type: ignore[no-untyped-call] # prometheus_client leaves it without types
        self._registry = CollectorRegistry()
        self._newest = Newest()
        self._board: tuple[StatusView, bytes] | None = None
        self._registry.register(NewestCollector(self._newest, now))
        self._durations = self._histogram(families.EVALUATION_DURATION, _DURATIONS)
        self._latenesses = self._histogram(families.EVALUATION_LATENESS, _LATENESSES)
        self._answers = self._histogram(families.TIME_TO_ACKNOWLEDGE, _ANSWERS)
        self._queries = self._counter(families.QUERIES)
        self._dead = self._counter(families.OUTBOX_DEAD)
        self._slack_errors = self._counter(families.SLACK_ERRORS)
        self._notifier_errors = self._counter(families.NOTIFIER_ERRORS)
        self._degraded = self._counter(families.DEGRADED)
        self._lost_found = self._counter(families.LOST_FOUND)
        self._duplicates = self._counter(families.DUPLICATES)
        self._interactions = self._counter(families.INTERACTIONS)
        self._skews = self._gauge(families.CLOCK_SKEW)
        self._leader = self._gauge(families.LEADER)
        self._gauge(families.BUILD).labels(version).set(1)
        for kind in MessageKind:
            self._degraded.labels(kind.value)

    def observe_status(self, view: StatusView) -> None:
        """Replace the picture of all sites; sites that left the plan leave the page."""
        self._newest.view = view

    def observe_outbox(self, outbox: OutboxStatus) -> None:
        """Replace what is known of the outbox."""
        self._newest.outbox = outbox

    @property
    def outbox(self) -> OutboxStatus | None:
        """What was last known of the outbox."""
        return self._newest.outbox

    def observe_evaluation(self, *, duration_seconds: float, lateness_seconds: float) -> None:
        """Count one evaluation: how long it took, and how long after its slots could be judged it began."""
        self._durations.observe(duration_seconds)
        self._latenesses.observe(max(0.0, lateness_seconds))

    def expect_sources(self, names: Iterable[str]) -> None:
        """Show every source at zero before it was first asked."""
        for name in names:
            self._queries.labels(name, OK)

    def count_query(self, source: str, outcome: str = OK) -> None:
        """Count one query; *outcome* is `OK` or the reason word of the error."""
        self._queries.labels(source, outcome).inc()

    def observe_skew(self, source: str, skew: timedelta) -> None:
        """Note the source's clock minus ours."""
        self._skews.labels(source).set(skew.total_seconds())

    def observe_reload(self, *, good: bool, at: datetime) -> None:
        """Note a reading of the files; the time of those in force stays when a later reading fails."""
        before = self._newest.reload
        self._newest.reload = Reload(good, at if good else (None if before is None else before.in_force_since))

    def observe_leader(self, *, leader: bool) -> None:
        """Note whether this process evaluates and sends."""
        self._leader.set(leader)

    def observe_acknowledged(self, after: timedelta) -> None:
        """Count a first answer, so long after the opening."""
        self._answers.observe(after.total_seconds())

    def count_dead(self, reason: str, times: int = 1) -> None:
        """Count messages that were given up."""
        self._dead.labels(reason).inc(times)

    def count_slack_error(self, method: str, code: str, times: int = 1) -> None:
        """Count refusals of Slack."""
        self._slack_errors.labels(method, code).inc(times)

    def count_notifier_error(self, notifier: str, code: str, times: int = 1) -> None:
        """Count refusals of a second notifier, or of the heartbeat's receiver."""
        self._notifier_errors.labels(notifier, code).inc(times)

    def count_degraded(self, kind: str, times: int = 1) -> None:
        """Count messages of a kind (a `MessageKind`) that were sent in a plainer form."""
        self._degraded.labels(kind).inc(times)

    def count_interaction(self, action: str, transport: str, result: str) -> None:
        """Count one answer of a person in Slack; *action* is an act's name, ``link`` or ``other``."""
        self._interactions.labels(action, transport, result).inc()

    def count_lost_found(self, times: int = 1) -> None:
        """Count messages that a look-up found."""
        self._lost_found.inc(times)

    def count_duplicates(self, times: int = 1) -> None:
        """Count extra copies that were deleted."""
        self._duplicates.inc(times)

    def render(self) -> bytes:
        """Write the whole page; the part about sites is written once for each picture."""
        view, board = self._newest.view, self._board
        if board is None or board[0] is not view:
            board = (view, board_text(view).encode())
            self._board = board
        return generate_latest(self._registry) + board[1]

    def _gauge(self, family: Family) -> Gauge:
        return Gauge(family.full_name, family.meaning, family.labels, registry=self._registry)

    def _counter(self, family: Family) -> Counter:
        return Counter(family.full_name, family.meaning, family.labels, registry=self._registry)

    def _histogram(self, family: Family, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(family.full_name, family.meaning, family.labels, buckets=buckets, registry=self._registry)
