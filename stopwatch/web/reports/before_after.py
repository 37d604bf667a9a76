"""The part of a report that holds KPIs against their baselines: a sentence, a picture of the changes, the numbers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from stopwatch.core.before_after import BeforeAfter, held_against_baseline, in_a_sentence, recorded_figures
from stopwatch.core.hypercare import newest_report
from stopwatch.core.phase_gate import newest_judgement
from stopwatch.web.figures import figure, minute
from stopwatch.web.reports.document import Change, Changes, Section, Table
from stopwatch.web.reports.rows import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stopwatch.core.baseline_comparison import Compared
    from stopwatch.core.before_after import SiteFigures
    from stopwatch.core.kpi import SiteId
    from stopwatch.core.ledger import Entry
    from stopwatch.core.phase import Phase
    from stopwatch.core.story import Story

TITLE = "KPIs before and after"
COLUMNS = ("site", "KPI", "before: median", "now", "before: p90", "now", "change", "samples before", "now")
MOST_BARS, MOST_SITES = 40, 12
"""More bars or sentences about single sites are no picture and no summary; the table holds all."""


def judged_comparison(story: Story, phase: Phase, judgement: Entry) -> Section:
    """Return how the KPIs were over the window of *judgement*, against the baselines of that time."""
    figures = recorded_figures(story.judged.get(phase.id, {}))
    return _section(story, [_held(story, site, figures.get(site), judgement.number) for site in phase.sites])


def checkpoint_comparison(story: Story, phase: Phase, fresh: Sequence[SiteFigures] | None) -> Section:
    """Return how the KPIs were before a checkpoint of *phase*: by *fresh* figures, None: by the newest report."""
    report = newest_report(story.entries, phase.id) if fresh is None else None
    figures = {one.site: one for one in fresh or ()} | (recorded_figures(report.body) if report is not None else {})
    upto = report.number if report is not None else _all(story)
    return _section(story, [_held(story, site, figures.get(site), upto) for site in phase.sites])


def newest_comparison(story: Story) -> Section:
    """Return how the KPIs of every site were when they were last recorded, at a gate or a checkpoint."""
    return _section(story, [_newest(story, phase, site) for phase in story.plan.phases for site in phase.sites])


def _newest(story: Story, phase: Phase, site: SiteId) -> BeforeAfter:
    judgement, _call = newest_judgement(story.entries, phase.id)
    report = newest_report(story.entries, phase.id)
    records = [(judgement, story.judged.get(phase.id, {})), (report, report.body if report is not None else {})]
    found = [(one, told[site]) for one, body in records if one is not None and site in (told := recorded_figures(body))]
    entry, figures = max(found, key=lambda pair: pair[0].number, default=(None, None))
    return _held(story, site, figures, entry.number if entry is not None else _all(story))


def _held(story: Story, site: SiteId, figures: SiteFigures | None, upto: int) -> BeforeAfter:
    live = site in story.activations
    return held_against_baseline(story.rule_set, story.entries, site, figures, upto=upto, live=live)


def _all(story: Story) -> int:
    return max((one.number for one in story.entries), default=0) + 1


def _section(story: Story, found: Sequence[BeforeAfter]) -> Section:
    live = [one for one in found if one.live]
    if not live:
        return Section(TITLE, text=("No site is live, so there is nothing to compare yet.",))
    rows = [(one.site, row) for one in live for row in one.rows]
    missing = _first([one.missing for one in live if one.missing is not None])
    first = in_a_sentence(live)
    band = story.plan.rollback.band
    rests = tuple(_first([_rests(one) for one in live if one.rows]))
    drawn = sorted(rows, key=lambda pair: pair[1].worse or 0.0, reverse=True) if len(rows) > MOST_BARS else rows
    changes = Changes(float(band), tuple(_change(site, row) for site, row in drawn[:MOST_BARS]))
    return Section(
        TITLE,
        text=(
            first,
            *missing,
            *((f"The band is {band} × the baseline's median, in the worse direction.",) * bool(rows)),
            *((f"Drawn are the {MOST_BARS} that are worst of {len(rows)}.",) * (len(rows) > MOST_BARS)),
        ),
        items=rests,
        changes=changes if any(one.worse is not None for one in changes.rows) else None,
        table=Table(COLUMNS, tuple(_row(site, row) for site, row in rows)) if rows else None,
        brief=(first, *missing),
    )


def _first(sentences: list[str]) -> list[str]:
    rest = len(sentences) - MOST_SITES
    return [*sentences[:MOST_SITES], f"The same of {rest} more sites."] if rest > 1 else sentences


def _rests(one: BeforeAfter) -> str:
    """Say what stands behind the numbers of a site."""
    if one.baseline is None or one.after is None:
        return f"{one.site}: {NONE}"
    frozen = f"before is baseline {one.baseline.number}, frozen by {one.baseline.actor} on {minute(one.baseline.at)}"
    start, end = (one.baseline.body.get(name) for name in ("start", "end"))
    over = f" over {_when(start)} to {_when(end)}" if start and end else ""
    return f"{one.site}: {frozen}{over}; now is {minute(one.after.start)} to {minute(one.after.end)} (UTC)"


def _when(written: object) -> str:
    return minute(datetime.fromisoformat(str(written)))


def _row(site: SiteId, row: Compared) -> tuple[str, ...]:
    unit = row.kpi.unit.value
    before = f"{row.before.samples:,}" if row.before is not None and row.before.samples else NONE
    return (
        site,
        row.kpi.title,
        figure(row.median_before, unit),
        figure(row.now.median, unit),
        figure(row.p90_before, unit),
        figure(row.now.p90, unit),
        row.words,
        before,
        f"{row.now.samples:,} of {row.now.slots:,}",
    )


def _change(site: SiteId, row: Compared) -> Change:
    now = figure(row.now.median, row.kpi.unit.value)
    words = f"{site} {row.kpi.title}: {figure(row.median_before, row.kpi.unit.value)} before, {now} now; {row.words}"
    return Change(f"{site}: {row.kpi.title}", row.worse, words, bad=row.inside is False)
