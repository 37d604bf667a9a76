"""What the daemon measures of itself: sources and slots at every evaluation, the database now and then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.prometheus.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.store.sql import SqlStore
    from stopwatch.telemetry.metrics import Metrics
    from stopwatch.watch.evaluation.tick import SourceWatch, TickReport


def measure_database(store: SqlStore, metrics: Metrics) -> None:
    """
    Measure the database.

    Raises:
        StoreError: It cannot be read.

    """
    with store.reading() as view:
        metrics.observe_database(view.size_bytes())


def expect(metrics: Metrics, watches: Sequence[SourceWatch]) -> None:
    """Show what is watched, with every outcome that a query may have; sources that are not watched leave the page."""
    metrics.expect_sources([watch.name for watch in watches], outcomes=(reason.value for reason in Reason))
    for watch in watches:
        metrics.observe_watched(watch.name, sum(len(group.cells) for group in watch.groups))
    steps = [group.grid.step for watch in watches for group in watch.groups if group.cells]
    metrics.observe_step(min(steps, default=None))


def measure(metrics: Metrics, report: TickReport, seconds: float) -> None:
    """Count what one evaluation, which took *seconds*, came to."""
    reads, done, source = report.reads, report.committed, report.source
    for outcome, count in reads.outcomes.items():
        metrics.count_query(source, outcome, count)
    if reads.outcomes:
        metrics.observe_answers(
            source, seconds=reads.seconds, size_bytes=reads.size_bytes, unknown=reads.unknown_series
        )
    if reads.skew is not None:
        metrics.observe_skew(source, reads.skew)
    metrics.count_slots(source, judged=done.slots, caught_up=done.caught_up, missed=report.missed)
    metrics.observe_evaluation(duration_seconds=seconds, lateness_seconds=report.lateness.total_seconds())
