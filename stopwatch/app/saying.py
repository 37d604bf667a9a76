"""What the log says of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from stopwatch.core.grid import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stopwatch.watch.evaluation.tick import TickReport

log = structlog.get_logger()

EXAMPLES = 5
"""So many of the sites and rules that are left out are named; the gate and the reports of a phase name all."""


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
    _say_unjudged(report)


def _say_unjudged(report: TickReport) -> None:
    """Log what nobody will judge in one line, however many sites and rules that is; a late start may leave out all."""
    spans = [left_out.span for left_out in report.left_out]
    if spans:
        log.warning(
            "evaluation.unjudged",
            source=report.source,
            first=rfc3339(min(span.first for span in spans)),
            last=rfc3339(max(span.last for span in spans)),
            sites=len({span.site for span in spans}),
            rules=len({span.rule for span in spans}),
            slots=report.missed,
            examples=report.unjudged[:EXAMPLES],
        )


def say_news(source: str, said: Iterable[str], over: Iterable[str]) -> None:
    """Log which failures of *source* began or changed, and which subjects are *over*."""
    for detail in said:
        log.warning("evaluation.failed", source=source, detail=detail)
    for subject in over:
        log.info("evaluation.restored", source=source, subject=subject)
