"""The daemon's own metrics: what others observe goes in, one page comes out."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)

from stopwatch.core.decision import Act
from stopwatch.core.inbox import Result, Way
from stopwatch.core.outbox import MessageKind
from stopwatch.telemetry import families
from stopwatch.telemetry.board import BoardPage
from stopwatch.telemetry.collector import Newest, NewestCollector, Reload
from stopwatch.telemetry.packing import Part, packed, part
from stopwatch.telemetry.text import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime, timedelta

    from stopwatch.core.gauges import Gauges
    from stopwatch.core.hypercare_status import HypercareStatus
    from stopwatch.core.status import OutboxStatus
    from stopwatch.telemetry.family import Family

OK = "ok"
"""The outcome of a query that was answered."""
OTHER = "other"
"""Stands for every word beyond those that a label may have."""
MOST_WORDS = 60
"""How many different words of strangers, such as Slack's error codes, one label may have."""
_WORD = re.compile(r"[a-z0-9_]{1,50}")

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
        self._page, self._writing = BoardPage(), threading.Lock()
        self._board: tuple[Gauges, tuple[Part, ...]] | None = None
        self._registry.register(NewestCollector(self._newest, now))
        self._durations = self._histogram(families.EVALUATION_DURATION, _DURATIONS)
        self._latenesses = self._histogram(families.EVALUATION_LATENESS, _LATENESSES)
        self._answers = self._histogram(families.TIME_TO_ACKNOWLEDGE, _ANSWERS)
        self._queries = self._counter(families.QUERIES)
        self._dead = self._counter(families.OUTBOX_DEAD)
        self._seconds = self._histogram(families.QUERY_DURATION, _DURATIONS)
        self._bytes = self._counter(families.RESPONSE_BYTES)
        self._unknown = self._gauge(families.UNKNOWN_SERIES)
        self._watched = self._gauge(families.WATCHED)
        self._judged = self._counter(families.SLOTS_JUDGED)
        self._caught_up = self._counter(families.SLOTS_CAUGHT_UP)
        self._missed = self._counter(families.SLOTS_MISSED)
        self._escalations = self._counter(families.ESCALATIONS)
        self._slack_errors = self._counter(families.SLACK_ERRORS)
        self._notifier_errors = self._counter(families.NOTIFIER_ERRORS)
        self._degraded = self._counter(families.DEGRADED)
        self._lost_found = self._counter(families.LOST_FOUND)
        self._duplicates = self._counter(families.DUPLICATES)
        self._interactions = self._counter(families.INTERACTIONS)
        self._skews = self._gauge(families.CLOCK_SKEW)
        self._leader = self._gauge(families.LEADER)
        self._gauge(families.BUILD).labels(version).set(1)
        self._words: dict[str, set[str]] = {}
        self._sources: dict[str, tuple[str, ...]] = {}
        self._begin_at_zero()
        ProcessCollector(registry=self._registry)

    def _begin_at_zero(self) -> None:
        """Show every label set that is known beforehand, so that an increase from nothing is seen as one."""
        for kind in MessageKind:
            self._degraded.labels(kind.value)
        for way in Way:
            for act in Act:
                self._interactions.labels(act.value, way.value, Result.APPLIED.value)
            for result in (Result.REJECTED, Result.UNWRITABLE):
                self._interactions.labels(OTHER, way.value, result.value)

    def observe_status(self, gauges: Gauges) -> None:
        """Replace the picture of all sites; sites that left the plan leave the page."""
        self._newest.gauges = gauges

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

    def expect_sources(self, names: Iterable[str], *, outcomes: Iterable[str] = ()) -> None:
        """Show every source at zero with every outcome, before it was first asked; those not named leave the page."""
        expected = dict.fromkeys(names, (OK, *outcomes))
        counted = (self._seconds, self._bytes, self._judged, self._caught_up, self._missed)
        for name in self._sources.keys() - expected.keys():
            for family in (*counted, self._queries, self._unknown, self._skews, self._watched):
                family.remove_by_labels({"source": name})
        for name, words in expected.items():
            for family in counted:
                family.labels(name)
            for outcome in words:
                self._queries.labels(name, outcome)
        self._sources = expected

    def count_query(self, source: str, outcome: str = OK, times: int = 1) -> None:
        """Count queries; *outcome* is `OK` or the reason word of the error."""
        self._queries.labels(source, outcome).inc(times)

    def observe_answers(self, source: str, *, seconds: Iterable[float], size_bytes: int, unknown: int) -> None:
        """Note the answers of one evaluation: how long they took, their size, and series of *unknown* sites in them."""
        for took in seconds:
            self._seconds.labels(source).observe(took)
        self._bytes.labels(source).inc(size_bytes)
        self._unknown.labels(source).set(unknown)

    def observe_watched(self, source: str, rules: int) -> None:
        """Note how many rules are watched at the source, each counted at every site."""
        self._watched.labels(source).set(rules)

    def observe_step(self, step: timedelta | None) -> None:
        """Note the shortest step that is watched, None if nothing is."""
        self._newest.step = step

    def observe_hypercare(self, status: HypercareStatus) -> None:
        """Replace what is known of issues and checkpoints."""
        self._newest.hypercare = status

    def count_slots(self, source: str, *, judged: int, caught_up: int, missed: int) -> None:
        """Count what one evaluation judged, how much of it late, and what nobody will judge."""
        self._judged.labels(source).inc(judged)
        self._caught_up.labels(source).inc(caught_up)
        self._missed.labels(source).inc(missed)

    def observe_skew(self, source: str, skew: timedelta) -> None:
        """Note the source's clock minus ours."""
        self._skews.labels(source).set(skew.total_seconds())

    def observe_reload(self, *, good: bool, at: datetime) -> None:
        """Note a reading of the files; the time of those in force stays when a later reading fails."""
        before = self._newest.reload
        self._newest.reload = Reload(good, at if good else (None if before is None else before.in_force_since))

    def observe_database(self, size_bytes: int) -> None:
        """Note the size of the database."""
        self._newest.database_bytes = size_bytes

    def observe_writable(self, *, writable: bool) -> None:
        """Note whether everything is recorded."""
        self._newest.database_writable = writable

    def observe_leader(self, *, leader: bool) -> None:
        """Note whether this process evaluates and sends."""
        self._leader.set(leader)

    def observe_acknowledged(self, after: timedelta) -> None:
        """Count a first answer, so long after the opening."""
        self._answers.observe(after.total_seconds())

    def expect_notifiers(self, names: Iterable[str]) -> None:
        """Show every notifier at zero before it was first needed."""
        for name in names:
            self._escalations.labels(name)

    def count_escalation(self, notifier: str) -> None:
        """Count a step of escalation that was put into the outbox."""
        self._escalations.labels(notifier).inc()

    def count_dead(self, reason: str, times: int = 1) -> None:
        """Count messages that were given up."""
        self._dead.labels(self._word("reason", reason)).inc(times)

    def count_slack_error(self, method: str, code: str, times: int = 1) -> None:
        """Count refusals of Slack."""
        self._slack_errors.labels(method, self._word("slack", code)).inc(times)

    def count_notifier_error(self, notifier: str, code: str, times: int = 1) -> None:
        """Count refusals of a second notifier, or of the heartbeat's receiver."""
        self._notifier_errors.labels(notifier, self._word("notifier", code)).inc(times)

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

    def render(self, *, compressed: bool = False) -> bytes:
        """Write the whole page, as gzip if asked; of the part about sites, what a new picture changed is written."""
        with self._writing:
            gauges = self._newest.gauges
            if self._board is None or self._board[0] is not gauges:
                self._board = (gauges, self._page.parts(gauges))
            parts = self._board[1]
        own = written(self._registry.collect()).encode()
        return packed((part((own,)), *parts)) if compressed else b"".join((own, *(each.plain for each in parts)))

    def _word(self, label: str, said: str) -> str:
        """Return what a stranger *said* as a label: a short word, and only the first `MOST_WORDS` of them."""
        known = self._words.setdefault(label, set())
        if said in known:
            return said
        if not _WORD.fullmatch(said) or len(known) >= MOST_WORDS:
            return OTHER
        known.add(said)
        return said

    def _gauge(self, family: Family) -> Gauge:
        return Gauge(family.full_name, family.meaning, family.labels, registry=self._registry)

    def _counter(self, family: Family) -> Counter:
        return Counter(family.full_name, family.meaning, family.labels, registry=self._registry)

    def _histogram(self, family: Family, buckets: tuple[float, ...]) -> Histogram:
        return Histogram(family.full_name, family.meaning, family.labels, buckets=buckets, registry=self._registry)
