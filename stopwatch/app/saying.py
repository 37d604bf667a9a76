"""What the log says of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.watch.evaluation.tick import TickReport

log = structlog.get_logger()


def say(report: TickReport, seconds: float) -> None:
    """Log what an evaluation did that took *seconds*."""
    facts = {
        "source": report.source,
        "slots": report.committed.slots,
        "grounds": report.committed.grounds,
        "lateness_seconds": round(report.lateness.total_seconds(), 3),
        "duration_seconds": round(seconds, 4),
    }
    if report.committed.caught_up:
        log.info("evaluation.caught_up", caught_up=report.committed.caught_up, **facts)
    log.debug("evaluation.done", **facts)
    for detail in report.unjudged:
        log.warning("evaluation.unjudged", source=report.source, detail=detail)


def say_news(source: str, said: Iterable[str], over: Iterable[str]) -> None:
    """Log which failures of *source* began or changed, and which subjects are *over*."""
    for detail in said:
        log.warning("evaluation.failed", source=source, detail=detail)
    for subject in over:
        log.info("evaluation.restored", source=source, subject=subject)
