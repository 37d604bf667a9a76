"""What ``stopwatch replay`` prints: breaches, a few sums and the variants side by side, or all of it as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from stopwatch.cli.terms import write_table
from stopwatch.core.grid import rfc3339
from stopwatch.slack.figures import span
from stopwatch.watch.replay.summary import WEEK, detection, lasted, summary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from stopwatch.cli.replay_variants import Variant
    from stopwatch.core.rollout import Plan
    from stopwatch.watch.replay.lanes import Breach
    from stopwatch.watch.replay.run import Replay
    from stopwatch.watch.replay.summary import Summary

_MOST_NAMED = 5
Compared = tuple["Variant", "Replay | None"]


def replay_json(found: Replay) -> dict[str, object]:
    """Write a replay; times are RFC 3339 in UTC, null while it lasts."""
    return {
        "breaches": [
            {
                "site": breach.site,
                "rule": breach.rule,
                "mode": breach.mode.value,
                "opened_at": rfc3339(breach.opened_at),
                "recovered_at": _time(breach.recovered_at),
                "pending_since": rfc3339(breach.pending_since),
            }
            for breach in found.breaches
        ],
        "decisions": [
            {
                "id": decision.id,
                "site": decision.site,
                "opened_at": rfc3339(decision.opened_at),
                "ended_at": _time(decision.ended_at),
                "grounds": [_ground(breach) for breach in decision.grounds],
            }
            for decision in found.decisions
        ],
        "evaluated": {"slots": found.slots, "missing": found.missing, "errors": found.errors},
    }


def variants_json(compared: Sequence[Compared], end: datetime) -> list[dict[str, object]]:
    """Write every variant with its summary; one that makes no valid rule has only its reason."""
    return [
        {"variant": variant.name, "refused": variant.refusal}
        if found is None
        else {"variant": variant.name, "summary": _summary_json(summary(found, end)), **replay_json(found)}
        for variant, found in compared
    ]


def _summary_json(summed: Summary) -> dict[str, object]:
    return {
        "decisions": summed.decisions,
        "breaches": summed.breaches,
        "site_weeks": summed.site_weeks,
        "decisions_per_site_week": summed.per_site_week,
        "missing_ratio": summed.missing,
        "detection_median_seconds": _seconds(summed.detection),
        "detection_longest_seconds": _seconds(summed.slowest),
        "longest_breach_seconds": _seconds(summed.lasted),
        "nearest_miss": None
        if summed.nearest is None
        else {"site": summed.nearest.cell.site, "rule": summed.nearest.cell.rule.id, "ratio": summed.nearest.share},
    }


def _ground(breach: Breach) -> dict[str, object]:
    return {
        "rule": breach.rule,
        "opened_at": rfc3339(breach.opened_at),
        "recovered_at": _time(breach.recovered_at),
    }


def print_text(found: Replay, plan: Plan, start: datetime, end: datetime) -> None:
    """Print the breaches in the order of opening, and what they come to."""
    rows = [
        [
            breach.site,
            breach.rule,
            breach.mode.value,
            _minute(breach.pending_since),
            span(detection(breach).total_seconds()) or "",
            _minute(breach.opened_at),
            f"{breach.opened_at.astimezone(ZoneInfo(plan.sites[breach.site].timezone)):%a %H:%M}",
            _minute(breach.recovered_at) if breach.recovered_at else "still breached",
            span(lasted(breach, end).total_seconds()) or "",
        ]
        for breach in found.breaches
    ]
    columns = ["site", "rule", "mode", "pending since", "fired after", "opened", "local", "recovered", "lasted"]
    write_table(columns, rows, "No rule was breached." if found.slots else "Nothing was judged.")
    click.echo("")
    for line in [*sentences(found, end), *cut_short(plan, start, end)]:
        click.echo(line)


def sentences(found: Replay, end: datetime) -> list[str]:
    """Return what a replay comes to, in sentences."""
    summed = summary(found, end)
    if summed.missing is None:
        if not found.errors:
            return ["No slot lies in this span, so nothing can be said of it."]
        return [f"All {found.errors:,} slots were not judged for errors, so nothing can be said of this span."]
    opened = f"{_many(summed.breaches, 'breach', 'breaches')}, {_many(summed.decisions, 'decision')}"
    missing = f"{summed.missing:.1%}".replace("%", " %")
    lines = [
        f"{opened}: {_rate(summed)}",
        f"{found.slots:,} slots judged, {missing} of them missing, {found.errors:,} not judged for errors",
    ]
    if summed.longest is not None and summed.lasted is not None:
        longest, how_long = summed.longest, span(summed.lasted.total_seconds())
        lines.append(f"longest breach: {longest.rule} at {longest.site}, {how_long}, from {_minute(longest.opened_at)}")
    if summed.nearest is not None:
        cell = summed.nearest.cell
        near = f"{summed.nearest.most} of {cell.rule.window.m} slots"
        lines.append(f"nearest miss: {cell.rule.id} at {cell.site}, {near}")
    return lines


def cut_short(plan: Plan, start: datetime, end: datetime) -> list[str]:
    """Say which sites count from a go-live after *start*, in a sentence or none."""
    late = [
        f"{site.id} from {_minute(site.go_live)}"
        for site in plan.sites.values()
        if site.go_live is not None and start < site.go_live <= end
    ]
    if not late:
        return []
    named = ", ".join(late[:_MOST_NAMED]) + (f" and {len(late) - _MOST_NAMED} more" if len(late) > _MOST_NAMED else "")
    return [f"sites count from their go-live: {named}; a span that ends before it is replayed whole"]


def _rate(summed: Summary) -> str:
    if summed.rate is None:
        watched = span((summed.site_weeks * WEEK).total_seconds())
        return f"sites were watched for {watched} in all, too short for a rate"
    return f"{summed.rate:.2f} per site-week over {summed.site_weeks:.2f} site-weeks"


COMPARISON = [
    "variant",
    "decisions",
    "per site-week",
    "breaches",
    "fired after",
    "at the latest",
    "longest",
    "nearest miss",
]


def comparison(compared: Sequence[Compared], end: datetime) -> list[list[str]]:
    """Return a row for each variant, under the columns of `COMPARISON`."""
    rows = []
    for variant, found in compared:
        if found is None:
            rows.append([variant.name, "not valid", *[""] * (len(COMPARISON) - 3), str(variant.refusal)])
            continue
        summed = summary(found, end)
        nearest = summed.nearest
        rows.append(
            [
                variant.name,
                str(summed.decisions),
                "–" if summed.rate is None else f"{summed.rate:.2f}",
                str(summed.breaches),
                _span(summed.detection),
                _span(summed.slowest),
                _span(summed.lasted),
                "–"
                if nearest is None
                else f"{nearest.cell.rule.id} at {nearest.cell.site}, {100 * nearest.share:.0f} %",
            ]
        )
    return rows


def print_comparison(compared: Sequence[Compared], end: datetime) -> None:
    """Print the variants side by side."""
    click.echo("")
    write_table(COMPARISON, comparison(compared, end), "")


def _many(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"


def _span(duration: timedelta | None) -> str:
    return "–" if duration is None else span(duration.total_seconds()) or "–"


def _seconds(duration: timedelta | None) -> float | None:
    return None if duration is None else duration.total_seconds()


def _time(instant: datetime | None) -> str | None:
    return None if instant is None else rfc3339(instant)


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S}Z" if instant.second else f"{instant:%Y-%m-%d %H:%M}Z"
