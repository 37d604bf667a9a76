"""A report as HTML: on a page of the daemon, or filed as one file that needs nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stopwatch.web.charts.sparkline import sparkline
from stopwatch.web.figures import is_link
from stopwatch.web.pages.rendering import Templates
from stopwatch.web.reports.changes import changes_svg
from stopwatch.web.reports.timeline import timeline_svg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.web.reports.document import Document, Trend


def report_facts(documents: Sequence[Document]) -> dict[str, object]:
    """Return what the template ``report.html`` shows."""
    return {
        "documents": documents,
        "timeline": timeline_svg,
        "trend": trend_svg,
        "changes": changes_svg,
        "is_link": is_link,
    }


def filed_report(documents: Sequence[Document]) -> str:
    """Return reports as one file, to be read and printed without stopwatch."""
    return Templates().filed("report.html", report_facts(documents))


def trend_svg(trend: Trend) -> str:
    """Draw a KPI over its checkpoints."""
    return sparkline(trend.values, limit=trend.limit, breaching=trend.breaching, title=trend.title, unit=trend.unit)
