"""Gauges that exist only while they have a value, computed when somebody scrapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from stopwatch.core.exit.check import GateVerdict
from stopwatch.core.gauges import Gauges
from stopwatch.core.hypercare_status import HypercareStatus
from stopwatch.core.status import GateStatus, OutboxStatus
from stopwatch.telemetry import families, rollout_families

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime, timedelta

    from stopwatch.telemetry.family import Family


@dataclass(frozen=True, slots=True)
class Reload:
    """Whether the newest reading of the files was good, and when the files in force were read."""

    good: bool
    in_force_since: datetime | None


@dataclass(slots=True)
class Newest:
    """
    The newest of everything that is replaced as a whole.

    Whoever observes replaces a field, whoever scrapes reads it; neither ever waits for the other.
    """

    gauges: Gauges = field(default_factory=Gauges)
    hypercare: HypercareStatus = field(default_factory=HypercareStatus)
    outbox: OutboxStatus | None = None
    step: timedelta | None = None
    reload: Reload | None = None
    database_bytes: int | None = None
    database_writable: bool | None = None


class NewestCollector(Collector):
    """Writes gauges from the newest values."""

    def __init__(self, newest: Newest, now: Callable[[], datetime]) -> None:
        """Read *newest* at every scrape; ages are counted to *now*."""
        self._newest = newest
        self._now = now

    def describe(self) -> list[GaugeMetricFamily]:
        """Name the families without computing anything."""
        return [
            _gauge(family)
            for family in (
                *rollout_families.ALL,
                families.UNACKNOWLEDGED,
                families.LAST_EVALUATION,
                families.EVALUATION_STEP,
                families.RELOAD_GOOD,
                families.RELOAD_TIME,
                families.DATABASE_SIZE,
                families.DATABASE_WRITABLE,
                families.OUTBOX_PENDING,
                families.OUTBOX_OLDEST,
                families.OUTBOX_UNKNOWN,
                families.SLACK_UP,
            )
        ]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Write what has a value now."""
        now, gauges = self._now(), self._newest.gauges
        yield from _gates(gauges.standing.gates)
        yield from _hypercare(self._newest.hypercare)
        waiting = _gauge(families.UNACKNOWLEDGED)
        for site in gauges.standing.sites:
            if site.unacknowledged_since is not None:
                waiting.add_metric([site.site], _age(site.unacknowledged_since, now))
        yield waiting
        yield _single(families.LAST_EVALUATION, _timestamp(gauges.last_evaluation))
        step = self._newest.step
        yield _single(families.EVALUATION_STEP, None if step is None else step.total_seconds())
        reload = self._newest.reload
        yield _single(families.RELOAD_GOOD, None if reload is None else float(reload.good))
        yield _single(families.RELOAD_TIME, None if reload is None else _timestamp(reload.in_force_since))
        yield _single(families.DATABASE_SIZE, self._newest.database_bytes)
        yield _single(families.DATABASE_WRITABLE, self._newest.database_writable)
        if self._newest.outbox is not None:
            yield from _outbox(self._newest.outbox, now)


def _gates(gates: Sequence[GateStatus]) -> Iterator[GaugeMetricFamily]:
    state, judged, go = (
        _gauge(rollout_families.GATE_STATE),
        _gauge(rollout_families.GATE_JUDGED),
        _gauge(rollout_families.GATE_GO),
    )
    for gate in gates:
        for verdict in GateVerdict:
            state.add_metric([gate.phase, verdict.value], float(gate.verdict is verdict))
        judged.add_metric([gate.phase], gate.judged_at.timestamp())
        if gate.go is not None:
            go.add_metric([gate.phase], float(gate.go))
    yield from (state, judged, go)


def _hypercare(status: HypercareStatus) -> Iterator[GaugeMetricFamily]:
    found = (rollout_families.ISSUES_OPEN, rollout_families.ISSUES_OVERDUE, rollout_families.ISSUES_UNREVIEWED)
    opened, overdue, unreviewed = map(_gauge, found)
    for counts in status.issues:
        place = [counts.scope, counts.phase]
        for severity, number in counts.open.items():
            opened.add_metric([*place, severity], number)
        overdue.add_metric(place, counts.overdue)
        unreviewed.add_metric(place, counts.unreviewed)
    held, late = _gauge(rollout_families.CHECKPOINT_HELD), _gauge(rollout_families.CHECKPOINT_OVERDUE)
    for one in status.checkpoints:
        if one.held_at is not None:
            held.add_metric([one.phase], one.held_at.timestamp())
        late.add_metric([one.phase], float(one.overdue))
    yield from (opened, overdue, unreviewed, held, late)


def _outbox(outbox: OutboxStatus, now: datetime) -> Iterator[GaugeMetricFamily]:
    pending = _gauge(families.OUTBOX_PENDING)
    for notifier, count in outbox.pending.items():
        pending.add_metric([notifier], count)
    yield pending
    yield _single(families.OUTBOX_OLDEST, None if outbox.oldest is None else _age(outbox.oldest, now))
    yield _single(families.OUTBOX_UNKNOWN, outbox.unknown)
    yield _single(families.SLACK_UP, None if outbox.slack_up is None else float(outbox.slack_up))


def _gauge(family: Family) -> GaugeMetricFamily:
    return GaugeMetricFamily(family.full_name, family.meaning, labels=family.labels)


def _single(family: Family, value: float | None) -> GaugeMetricFamily:
    gauge = _gauge(family)
    if value is not None:
        gauge.add_metric([], value)
    return gauge


def _timestamp(instant: datetime | None) -> float | None:
    return None if instant is None else instant.timestamp()


def _age(since: datetime, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds())
