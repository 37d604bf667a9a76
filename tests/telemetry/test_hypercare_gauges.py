"""Hypercare on the page of metrics: series where something is known, and of nothing else."""

from __future__ import annotations

from datetime import timedelta

from stopwatch.core.hypercare_status import CheckpointStatus, HypercareStatus, IssueCounts
from stopwatch.core.kpi import PhaseId
from stopwatch.telemetry.metrics import Metrics
from tests.telemetry.pictures import NOW

PILOT = PhaseId("pilot")
STATUS = HypercareStatus(
    (IssueCounts("ham-01", PILOT, {"sev1": 0, "sev2": 3}, overdue=1, unreviewed=2),),
    (CheckpointStatus(PILOT, NOW, overdue=False), CheckpointStatus(PhaseId("wave-1"), None, overdue=True)),
)


def series(metrics: Metrics) -> list[str]:
    """The lines of hypercare and of the step."""
    starts = ("stopwatch_issues_", "stopwatch_checkpoint_", "stopwatch_evaluation_step_")
    return [line for line in metrics.render().decode().splitlines() if line.startswith(starts)]


def test_issues_and_checkpoints_are_shown_and_go_with_what_they_count() -> None:
    metrics = Metrics(version="1.2.3", now=lambda: NOW)
    assert series(metrics) == []
    metrics.observe_hypercare(STATUS)
    assert series(metrics) == [
        'stopwatch_issues_open{phase="pilot",severity="sev1",site="ham-01"} 0.0',
        'stopwatch_issues_open{phase="pilot",severity="sev2",site="ham-01"} 3.0',
        'stopwatch_issues_overdue{phase="pilot",site="ham-01"} 1.0',
        'stopwatch_issues_unreviewed{phase="pilot",site="ham-01"} 2.0',
        'stopwatch_checkpoint_held_timestamp_seconds{phase="pilot"} 1795256100.0',
        'stopwatch_checkpoint_overdue{phase="pilot"} 0.0',
        'stopwatch_checkpoint_overdue{phase="wave-1"} 1.0',
    ]
    metrics.observe_hypercare(HypercareStatus())
    assert series(metrics) == []


def test_the_step_is_shown_while_something_is_watched() -> None:
    metrics = Metrics(version="1.2.3", now=lambda: NOW)
    metrics.observe_step(timedelta(minutes=10))
    assert series(metrics) == ["stopwatch_evaluation_step_seconds 600.0"]
    metrics.observe_step(None)
    assert series(metrics) == []
