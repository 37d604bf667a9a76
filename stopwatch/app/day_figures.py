"""What the KPIs of a phase were like on the day before its checkpoint, read from the sources within a minute."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from stopwatch.app.baselines import window
from stopwatch.app.building import sources_of
from stopwatch.core.hypercare import live_sites
from stopwatch.watch.baseline import Span
from stopwatch.watch.rollout.figures import Reading, read_figures

if TYPE_CHECKING:
    from stopwatch.app.daemon import Daemon
    from stopwatch.core.before_after import SiteFigures
    from stopwatch.core.phase import Phase
    from stopwatch.core.story import Story

DAY = timedelta(days=1)
MOST_SLOTS = 500
"""A day is told by so many slots at most: one every three minutes."""
BUDGET_SECONDS = 45.0
"""After so long a job that is silent would begin to look dead."""


def day_figures(daemon: Daemon, story: Story, phase: Phase) -> tuple[SiteFigures, ...]:
    """Read the last day of every live site of *phase*, or what there is of it since it went live."""
    rule_set, clock = story.rule_set, daemon.clock
    spans = {}
    for site in live_sites(phase, story.activations, at=story.now):
        whole = window(rule_set, site, DAY, story.now)
        spans[site] = Span(min(whole.end, max(whole.start, story.activations[site].at)), whole.end)
    used = {rule_set.plan.sites[site].source for site in spans}
    sources = sources_of(rule_set, daemon.settings, clock)
    until = clock.monotonic() + BUDGET_SECONDS
    try:
        asked = {name: source for name, source in sources.items() if name in used}
        return read_figures(rule_set, asked, spans, Reading(MOST_SLOTS, lambda: until - clock.monotonic()))
    finally:
        for source in sources.values():
            source.close()
