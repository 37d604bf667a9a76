"""One evaluation of a source, during which roll-backs are verified: nothing is folded past the end of a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.watch.rollout.reach import folded, newest_folded
from stopwatch.watch.rollout.rollback import settle

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from stopwatch.core.decision import Decision
    from stopwatch.watch.acts.commands import Desk
    from stopwatch.watch.evaluation.tick import SourceWatch, TickReport
    from stopwatch.watch.ports import Source
    from stopwatch.watch.rollout.rollback import Course, RollbackWatch


def evaluate(
    desk: Desk, rollbacks: RollbackWatch, watch: SourceWatch, sources: Mapping[str, Source], now: datetime
) -> tuple[list[TickReport], list[Decision]]:
    """
    Evaluate what is due at *watch*, and verify or flag the roll-backs whose time has come; return what changed too.

    A decision ends at a slot. The rules are folded up to that slot first, so that a ground before it takes part, and on
    from there afterwards, under the new activation: an outage that spans all of it comes to the same as none.

    Raises:
        StoreError: The records could not be read or written; what was not recorded is evaluated again.

    """
    reports, changed = [], []
    courses = rollbacks.courses(desk, watch.name, sources, now)
    for course in sorted(courses, key=lambda course: _end(course) or now):
        end, reached = _end(course), None
        if end is not None and course.decision.site is not None:
            reports.append(watch.tick(now, until=end))
            if not folded(watch, course.decision.site, end):
                rollbacks.again(course)
                continue
            reached = newest_folded(watch, course.decision.site)
        after = settle(desk, course, now, reached=reached)
        if after is not None:
            changed.append(after)
    last = watch.tick(now)
    last.reads.failures += rollbacks.failures
    return [*reports, last], changed


def _end(course: Course) -> datetime | None:
    """Return when the verification ends if no ground makes it fail before."""
    _clock, verdict = course.fold()
    return verdict.at if verdict is not None else None
