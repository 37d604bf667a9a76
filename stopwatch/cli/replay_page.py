"""From a replay to the page that shows it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from stopwatch.cli.explain_words import limit_words, number
from stopwatch.cli.replay_output import COMPARISON, comparison
from stopwatch.core.errors import ConfigurationError
from stopwatch.core.state import Reported
from stopwatch.slack.figures import span as spelled
from stopwatch.watch.replay.summary import lasted, summary
from stopwatch.web.replay_page import Bar, Line, Page, Row, SiteSection, render

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from stopwatch.cli.replay_output import Compared
    from stopwatch.core.rollout import RuleSet, Site
    from stopwatch.watch.replay.lanes import Lane
    from stopwatch.watch.replay.run import Replay, Span


def write_page(file: Path, found: Replay, rule_set: RuleSet, span: Span, compared: Sequence[Compared]) -> None:
    """
    Write the page to *file*.

    Raises:
        ConfigurationError: The file cannot be written.

    """
    try:
        file.write_text(render(page(found, rule_set, span, compared)), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be written: {error.strerror}") from None


def page(found: Replay, rule_set: RuleSet, span: Span, compared: Sequence[Compared]) -> Page:
    """Return what the page shows of a replay; sites with decisions come first."""
    plan = rule_set.plan
    troubled = {decision.site for decision in found.decisions}
    sites = [site for site in plan.sites.values() if any(lane.cell.site == site.id for lane in found.lanes)]
    sites.sort(key=lambda site: site.id not in troubled)
    return Page(
        title=f"Replay of {plan.rollout}",
        start=span.start,
        end=span.end,
        revision=rule_set.revision,
        facts=_facts(found, span.end),
        sites=[_section(site, found, rule_set, span) for site in sites],
        variants=[COMPARISON, *comparison(compared, span.end)] if compared else (),
    )


def _facts(found: Replay, end: datetime) -> list[tuple[str, str]]:
    summed = summary(found, end)
    rate = "–" if summed.rate is None else f"{summed.rate:.2f}"
    longest = "–"
    if summed.longest is not None and summed.lasted is not None:
        how_long = spelled(summed.lasted.total_seconds())
        longest = f"{how_long}, {summed.longest.rule} at {summed.longest.site}"
    nearest = "–"
    if summed.nearest is not None:
        cell = summed.nearest.cell
        nearest = f"{summed.nearest.most} of {cell.rule.window.m} slots, {cell.rule.id} at {cell.site}"
    return [
        ("decisions", str(summed.decisions)),
        ("decisions per site-week", rate),
        ("missing slots", "–" if summed.missing is None else f"{100 * summed.missing:.2f} %"),
        ("fired after, usually", "–" if summed.detection is None else spelled(summed.detection.total_seconds()) or "–"),
        ("longest breach", longest),
        ("nearest miss", nearest),
        ("slots judged", f"{found.slots:,}"),
        ("slots not judged for errors", f"{found.errors:,}"),
    ]


def _section(site: Site, found: Replay, rule_set: RuleSet, span: Span) -> SiteSection:
    decisions = [
        Bar(
            "decision",
            decision.opened_at,
            decision.ended_at or span.end,
            f"{decision.id}: {', '.join(dict.fromkeys(breach.rule for breach in decision.grounds))}, "
            f"{_from_to(decision.opened_at, decision.ended_at)}",
        )
        for decision in found.decisions
        if decision.site == site.id
    ]
    rows = [_row(lane, rule_set, span) for lane in found.lanes if lane.cell.site == site.id]
    return SiteSection(f"{site.name} ({site.id})", site.phase, decisions, rows)


def _row(lane: Lane, rule_set: RuleSet, span: Span) -> Row:
    rule, grid = lane.cell.rule, lane.cell.group.grid
    trace = lane.trace
    return Row(
        rule=rule.id,
        begin=grid.instant(lane.first),
        step=rule.step,
        classes=bytes(trace.classes) if trace is not None else b"",
        states=_states(lane, span.end),
        lines=_lines(lane, rule_set),
        words=_words(lane, span.end),
        notable=bool(lane.breaches),
        failure=lane.failure,
    )


def _states(lane: Lane, end: datetime) -> list[Bar]:
    """Return a bar for every stretch in which the rule was not plainly ok."""
    grid = lane.cell.group.grid
    found = []
    for place, (slot, word) in enumerate(lane.turns):
        later = lane.turns[place + 1][0] if place + 1 < len(lane.turns) else None
        if word is not Reported.OK:
            begin, upto = grid.instant(slot), grid.instant(later) if later is not None else None
            words = f"{word.value.replace('_', ' ')} {_from_to(begin, upto)}"
            found.append(Bar(word.value, begin, upto or end, words))
    return found


def _lines(lane: Lane, rule_set: RuleSet) -> list[Line]:
    rule, trace = lane.cell.resolved, lane.trace
    if rule is None or trace is None:
        return []
    found = []
    for limit, curve in zip(rule.limits, trace.curves, strict=True):
        kpi = rule_set.kpis[limit.kpi]
        numbers = [value for value in (*curve.low, *curve.high) if not math.isnan(value)]
        found.append(
            Line(
                name=kpi.id,
                width=curve.width,
                lows=curve.low,
                highs=curve.high,
                limit=limit.threshold,
                recovery=limit.recover_threshold,
                words=f"{kpi.title}: {limit_words(limit, kpi)}",
                limit_words=f"limit {number(limit.threshold, kpi)}",
                low_words=number(min(numbers, default=math.nan), kpi),
                high_words=number(max(numbers, default=math.nan), kpi),
            )
        )
    return found


def _words(lane: Lane, end: datetime) -> str:
    missing = f"{100 * lane.missing / lane.slots:.1f} % missing" if lane.slots else "no slot judged"
    if lane.breaches:
        count = len(lane.breaches)
        longest = max(lasted(breach, end) for breach in lane.breaches)
        return f"{count} breach{'' if count == 1 else 'es'}, longest {spelled(longest.total_seconds())}; {missing}"
    return f"never fired; at most {lane.most} of {lane.cell.rule.window.m} slots; {missing}"


def _from_to(begin: datetime, end: datetime | None) -> str:
    if end is None:
        return f"from {begin:%Y-%m-%d %H:%M}Z on"
    form = "%H:%M" if end.date() == begin.date() else "%Y-%m-%d %H:%M"
    return f"{begin:%Y-%m-%d %H:%M}Z to {end:{form}}Z, {spelled((end - begin).total_seconds())}"
